"""What the pages say: links lead somewhere, commands have the flags they are shown with, names are the code's."""

import functools
import re
import shlex
import subprocess
import unittest

import yaml

import charts as c
import live_metrics
import world as w

PAGES = c.ROOT / "Sources/CSIProvider/Documentation.docc"
FILES = sorted([*PAGES.glob("*.md"), c.ROOT / "README.md", c.CHART / "README.md", *(c.ROOT / ".github").glob("*.md")])


def without_code(text):
    return re.sub(r"^ *```.*?^ *```$|`[^`\n]*`", "", text, flags=re.M | re.S)


def anchors(path):
    """The anchors that a code host gives a page's headings."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def fences(path):
    """The fenced blocks of a page, as (language, text)."""
    return [(language, re.sub(rf"^{indent}", "", text, flags=re.M)) for indent, language, text in
            re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", path.read_text(), re.M | re.S)]


def commands(path):
    """The commands in a page's fenced blocks without a language or of the shell's, and in its code spans, as words."""
    texts = [text for language, text in fences(path) if language in ("", "sh", "console")]
    lines = "\n".join(texts).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`([a-z][a-z-]* [^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.M | re.S))
    for line in lines:
        try:
            words = shlex.split(line.split(" | ")[0], comments=True)
        except ValueError:
            continue
        # A drawing has its words far apart.
        if words and re.match(r"\S+( \S|$)", line.strip()):
            yield line, words


@functools.cache
def help_of(*command):
    result = subprocess.run([w.PROGRAMS / command[0], *command[1:], "--help"], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(f"{command}: {result.stderr}")
    return result.stdout


@functools.cache
def commands_of(program, *command):
    """A program's commands and theirs, each as words."""
    usage = help_of(program, *command)
    _, _, listed = usage.partition("SUBCOMMANDS:")
    names = re.findall(r"^  ([a-z]+)(?: \(default\))?(?:  |$)", listed, re.M)
    return [(program, *command)] + [below for name in names for below in commands_of(program, *command, name)]


def flags(words):
    """The flags among words, without what belongs to them."""
    return [re.match(r"--?[A-Za-z][A-Za-z0-9-]*", word)[0] for word in words if re.match(r"--?[A-Za-z]", word)]


class LinksTest(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for path in FILES:
            text = without_code(path.read_text())
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                with self.subTest(page=path.name, link=target):
                    if re.match(r"https://[\w.-]+/?", target):
                        continue
                    place, _, anchor = target.partition("#")
                    found = (path.parent / place).resolve() if place else path
                    self.assertTrue(found.exists(), "there is no such file")
                    self.assertTrue(found.is_relative_to(c.ROOT))
                    if anchor:
                        self.assertIn(anchor, anchors(found))
            for name in re.findall(r"<doc:([\w-]+)>", text):
                self.assertTrue((PAGES / f"{name}.md").exists(), f"{path.name}: {name}")

    def test_every_page_can_be_found_from_the_readme(self):
        seen, rest = set(), [c.ROOT / "README.md"]
        while rest:
            page = rest.pop()
            if page in seen or not page.exists():
                continue
            seen.add(page)
            text = page.read_text()
            rest += [(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+\.md)[)#]", text)]
            rest += [PAGES / f"{name}.md" for name in re.findall(r"<doc:([\w-]+)>", text)]
        self.assertLessEqual(set(FILES), seen)

    def test_pages_begin_with_a_title_and_a_summary(self):
        for path in PAGES.glob("*.md"):
            lines = path.read_text().splitlines()
            self.assertRegex(lines[0], r"^# \S")
            self.assertRegex(lines[2], r"^[A-Z`].*[.?:]$", path.name)


class CommandsTest(unittest.TestCase):
    def test_programs_have_the_flags_that_pages_show(self):
        count = 0
        for path in FILES:
            for line, words in commands(path):
                if words[0] not in ("akv-csi", "akv-emulator") or len(words) < 2:
                    continue
                with self.subTest(page=path.name, command=line):
                    # The emulator serves unless it is told otherwise.
                    subcommand = [words[1]] if not words[1].startswith("-") else ["serve"] if words[0] == "akv-emulator" else []
                    if words[0] == "akv-emulator" and words[1:2] == ["fault"] and len(words) > 2:
                        subcommand.append(words[2])
                    usage = help_of(words[0], *subcommand)
                    self.assertIn((words[0], *subcommand), commands_of(words[0]))
                    for flag in set(flags(words[1:])) - {"--help", "--generate-completion-script"}:
                        name = flag.lstrip("-")
                        self.assertRegex(usage, rf"(?m)(^|[ ,])--?{name}\b")
                        count += 1
        self.assertGreater(count, 10)

    def test_helm_is_told_values_that_the_chart_has(self):
        values = yaml.safe_load((c.CHART / "values.yaml").read_text())
        count = 0
        for path in FILES:
            for line, words in commands(path):
                for word in re.findall(r"--set (\S+?)=", line) if words[0] == "helm" else []:
                    with self.subTest(page=path.name, value=word):
                        functools.reduce(lambda tree, key: tree[key], word.split("."), values)
                        count += 1
        self.assertGreater(count, 5)

    def test_values_that_pages_name_exist(self):
        values = yaml.safe_load((c.CHART / "values.yaml").read_text())
        heads = "|".join(re.escape(head) for head in values)
        for path in FILES:
            for name in re.findall(rf"`((?:{heads})\.[\w.]+)(?:[:=][^`]*)?`", path.read_text()):
                with self.subTest(page=path.name, value=name):
                    functools.reduce(lambda tree, key: tree[key], name.split("."), values)

    def test_files_and_targets_in_commands_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", (c.ROOT / "Makefile").read_text(), re.M))
        for path in FILES:
            for line, words in commands(path):
                with self.subTest(page=path.name, command=line):
                    if words[0] == "make":
                        self.assertLessEqual({word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)}, targets)
                    for word in words:
                        if word.startswith("deploy/") and words[:2] != ["kubectl", "exec"]:
                            self.assertTrue((c.ROOT / word).exists(), word)
                    if words[:3] == ["kubectl", "apply", "-k"]:
                        self.assertTrue((c.ROOT / words[3] / "kustomization.yaml").exists())


class NamesTest(unittest.TestCase):
    def test_flags_that_pages_name_exist(self):
        usage = "\n".join(help_of(*command) for program in ["akv-csi", "akv-emulator", "akv-bench"] for command in commands_of(program))
        known = {flag.lstrip("-") for flag in flags(re.findall(r"--?[a-z][\w-]*", usage))}
        # Of the API server, of helm, and of every program of ours.
        known |= {"service-account-issuer", "set", "generate-completion-script"}
        for path in FILES:
            for flag in re.findall(r"`--([a-z][a-z0-9-]+)[^`]*`", path.read_text()):
                with self.subTest(page=path.name):
                    self.assertIn(flag, known)

    def test_parameters_are_those_that_the_program_reads(self):
        source = "\n".join(path.read_text() for path in (c.ROOT / "Sources/ProviderCore").rglob("*.swift"))
        page = (PAGES / "Parameters.md").read_text()
        documented = set(re.findall(r"^\| `(\w+)`", page, re.M)) - {"secret", "key", "cert"}
        self.assertGreater(len(documented), 15)
        for name in documented:
            self.assertIn(f'"{name}"', source)
        # What is read and not on this page is on another.
        pages = "\n".join(path.read_text() for path in PAGES.glob("*.md"))
        for name in set(re.findall(r'(?:parameters|fields)\["(\w+)"\]', source)):
            self.assertIn(f"`{name}`", pages)

    def test_classes_in_pages_have_known_parameters_and_are_yaml(self):
        pages = "\n".join(path.read_text() for path in PAGES.glob("*.md"))
        known = set(re.findall(r"^\| `(\w+)`", pages, re.M)) | {"tenantId", "refreshNonce"}
        for path in FILES:
            for language, text in fences(path):
                if language != "yaml" or "…" in text:
                    continue
                with self.subTest(page=path.name):
                    for document in yaml.safe_load_all(text):
                        parameters = (document.get("spec") or document).get("parameters") if isinstance(document, dict) else None
                        self.assertLessEqual(set(parameters or {}), known)

    def test_metrics_are_those_that_the_program_gives(self):
        provider = live_metrics.LiveProvider()
        self.addCleanup(provider.stop)
        provider.count_everything()
        page = (PAGES / "Metrics.md").read_text()
        rows = re.findall(r"^\| `((?:akv_csi_|grpc_|keyvault_)\w+)` \| (\w+)", page, re.M)
        live = provider.families()
        self.assertLessEqual(live.items(), dict(rows).items())
        # Some appear only where something is switched on.
        source = "\n".join(path.read_text() for path in (c.ROOT / "Sources/CSIProvider").rglob("*.swift"))
        self.assertEqual(set(re.findall(r'"(akv_csi_\w+|grpc_request|keyvault_request)"', source)), set(dict(rows)))
        exposition = provider.exposition()
        for name, labels in re.findall(r"^\| `((?:akv_csi_|grpc_|keyvault_)\w+)` \|[^|]*\|([^|]*)\|", page, re.M):
            series = "\n".join(line for line in exposition.splitlines() if line.startswith(name))
            for label in re.findall(r"`(\w+)`", labels) if name in live else []:
                self.assertIn(f'{label}="', series)

    def test_alerts_are_those_of_the_rules(self):
        rules = yaml.safe_load((c.CHART / "monitoring/rules.yaml").read_text())
        alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
        self.assertEqual(set(re.findall(r"^\| `(AkvCsi\w+)`", (PAGES / "Metrics.md").read_text(), re.M)), alerts)
        for path in FILES:
            self.assertLessEqual(set(re.findall(r"`(AkvCsi\w+)`", path.read_text())), alerts)

    def test_codes_that_pages_name_are_explained(self):
        explained = set(re.findall(r"^### `([a-z-]+)`", (PAGES / "Debugging.md").read_text(), re.M))
        for name in ["IdentityModes.md", "Migration.md", "FAQ.md", "QuickStart.md"]:
            for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", (PAGES / name).read_text()):
                if code.split("-")[0] in ("token", "vault", "exchange", "managed", "credentials", "policy", "object", "parameter"):
                    self.assertIn(code, explained, name)


if __name__ == "__main__":
    unittest.main()
