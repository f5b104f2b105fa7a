"""The documentation: links and paths exist, commands have the flags that pages show, names are those of the code."""

import functools
import json
import re
import shlex
import subprocess
import unittest

import yaml

import charts as c
import live_metrics
import world as w

PAGES = c.ROOT / "docs"
INDEX = PAGES / "README.md"
# The index has one section for each of these folders.
GROUPS = {"Use": "use", "Operate": "operate", "Understand": "understand", "Develop": "develop"}
# Charts that `helm dependency update` has fetched are not ours.
FILES = sorted(path for path in [*PAGES.rglob("*.md"), *c.ROOT.glob("*.md"), *(c.ROOT / "deploy").rglob("*.md"),
                                 *(c.ROOT / ".github").glob("*.md")] if c.CHART / "charts" not in path.parents)
# The code host shows these files, so pages do not link to them.
UNLINKED = {c.ROOT / ".github/pull_request_template.md"}


def page(name):
    """The text of a page below docs/."""
    return (PAGES / name).read_text()


def without_fences(text):
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", without_fences(text))


def anchors(path):
    """The anchors that a code host gives a page's headings."""
    titles = re.findall(r"^#+ (.*)$", without_fences(path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(path):
    """The targets of a page's links, and of its pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text()))


def local_links(path):
    """The links to files, as (target as written, file, anchor or an empty text)."""
    for target in links(path):
        if not re.match(r"[a-z]+:", target):
            place, _, anchor = target.partition("#")
            yield target, (path.parent / place).resolve() if place else path, anchor


def fences(path):
    """The fenced blocks of a page, as (language, text)."""
    return [(language, re.sub(rf"^{indent}", "", text, flags=re.M)) for indent, language, text in
            re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", path.read_text(), re.M | re.S)]


def commands(path):
    """The commands in a page's code spans, and in its fenced blocks for the shell or without a language, as words."""
    texts = [text for language, text in fences(path) if language in ("", "sh", "console")]
    lines = "\n".join(texts).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`([a-z][a-z-]* [^`\n]+)`", without_fences(path.read_text()))
    for line in lines:
        try:
            words = shlex.split(line.split(" | ")[0], comments=True)
        except ValueError:
            continue
        # In a drawing, words are far apart.
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
    """A program's commands and their subcommands, each as words."""
    usage = help_of(program, *command)
    _, _, listed = usage.partition("SUBCOMMANDS:")
    names = re.findall(r"^  ([a-z-]+)(?: \(default\))?(?:  |$)", listed, re.M)
    return [(program, *command)] + [below for name in names for below in commands_of(program, *command, name)]


def all_commands_of(program):
    """All commands of a program, including those of the kubectl plugin, which the help does not list."""
    return commands_of(program) + (commands_of(program, "kubectl") if program == "akv-csi" else [])


def flags(words):
    """The flags among words, without their values."""
    return [re.match(r"--?[A-Za-z][A-Za-z0-9-]*", word)[0] for word in words if re.match(r"--?[A-Za-z]", word)]


class LinksTest(unittest.TestCase):
    def test_relative_links_and_anchors_exist(self):
        for path in FILES:
            for target, found, anchor in local_links(path):
                with self.subTest(page=path.name, link=target):
                    self.assertTrue(found.is_relative_to(c.ROOT), "the link leaves the repository")
                    self.assertTrue(found.exists(), "the file does not exist")
                    if anchor:
                        self.assertIn(anchor, anchors(found))

    def test_code_hosts_render_every_link(self):
        """Links are relative, or absolute links to the web. Some code hosts show DocC's and reference links as text."""
        for path in FILES:
            text = without_code(path.read_text())
            with self.subTest(page=path.name):
                self.assertEqual(re.findall(r"<doc:.*|\]\[.*|^\[[^\]]+\]: .*", text, re.M), [])
                for target in links(path):
                    self.assertRegex(target, r"^(https://[\w.-]+/?|[\w.#])")

    def test_paths_that_pages_name_exist(self):
        pattern = r"`((?:Sources|Tests|docs|deploy|proto|\.github|\.ci)/[^\s`*…{}<>]+)`"
        for path in FILES:
            for name in re.findall(pattern, without_fences(path.read_text())):
                with self.subTest(page=path.name, path=name):
                    if not (c.ROOT / name).exists():
                        moved = sorted(str(found.relative_to(c.ROOT)) for top in ["Sources", "Tests", "docs", "deploy"]
                                       for found in (c.ROOT / top).rglob(name.rstrip("/").rsplit("/", 1)[1]))
                        self.fail(f"{path.relative_to(c.ROOT)} names `{name}`, which does not exist. If it was moved or renamed, "
                                  "write the new path there" + (f": {' or '.join(moved)}" if moved else "."))

    def test_every_page_can_be_reached_from_the_readme(self):
        seen, rest = set(), [c.ROOT / "README.md"]
        while rest:
            found = rest.pop()
            if found in seen or found.suffix != ".md" or not found.exists():
                continue
            seen.add(found)
            rest += [target for _, target, _ in local_links(found)]
        self.assertEqual([str(path.relative_to(c.ROOT)) for path in FILES if path not in seen | UNLINKED], [])

    def test_the_index_has_every_page_under_its_group(self):
        self.assertEqual({path.name for path in PAGES.iterdir() if path.is_dir()}, set(GROUPS.values()))
        sections = re.split(r"^## ", INDEX.read_text(), flags=re.M)[1:]
        for group, folder in GROUPS.items():
            with self.subTest(group):
                section = next(text for text in sections if text.startswith(f"{group}\n"))
                listed = re.findall(rf"^\| \[([^\]]+)\]\(({folder}/[\w-]+\.md)\) \|", section, re.M)
                titles = [(path.read_text().splitlines()[0].removeprefix("# "), f"{folder}/{path.name}")
                          for path in (PAGES / folder).glob("*.md")]
                self.assertEqual(sorted(listed), sorted(titles))

    def test_pages_have_names_in_kebab_case_a_title_and_a_summary(self):
        for path in PAGES.rglob("*.md"):
            with self.subTest(path.name):
                if path != INDEX:
                    self.assertRegex(path.name, r"^[a-z]+(-[a-z]+)*\.md$")
                lines = path.read_text().splitlines()
                self.assertRegex(lines[0], r"^# \S")
                self.assertRegex(lines[2], r"^[A-Z`].*[.?:]$")


class CommandsTest(unittest.TestCase):
    def test_programs_have_the_flags_that_pages_show(self):
        count = 0
        for path in FILES:
            for line, words in commands(path):
                if words[:2] == ["kubectl", "akv"]:
                    words = ["akv-csi", "kubectl", *words[2:]]
                if words[0] not in ("akv-csi", "akv-emulator") or len(words) < 2:
                    continue
                with self.subTest(page=path.name, command=line):
                    # The emulator serves unless a command says otherwise.
                    subcommand = [words[1]] if not words[1].startswith("-") else ["serve"] if words[0] == "akv-emulator" else []
                    if words[0] == "akv-emulator" and words[1:2] == ["fault"] and len(words) > 2:
                        subcommand.append(words[2])
                    if words[:2] == ["akv-csi", "kubectl"] and re.fullmatch("[a-z]+", " ".join(words[2:3])):
                        subcommand.append(words[2])
                    usage = help_of(words[0], *subcommand)
                    self.assertIn((words[0], *subcommand), all_commands_of(words[0]))
                    for flag in set(flags(words[1:])) - {"--help", "--generate-completion-script"}:
                        name = flag.lstrip("-")
                        self.assertRegex(usage, rf"(?m)(^|[ ,])--?{name}\b")
                        count += 1
        self.assertGreater(count, 10)

    def test_helm_commands_set_values_of_the_chart(self):
        values = yaml.safe_load((c.CHART / "values.yaml").read_text())
        count = 0
        for path in FILES:
            for line, words in commands(path):
                for word in re.findall(r"--set (\S+?)=", line) if words[0] == "helm" and "akv-csi" in line else []:
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
                            self.assertTrue((c.ROOT / word.rstrip(";")).exists(), word)
                    if words[:3] == ["kubectl", "apply", "-k"]:
                        self.assertTrue((c.ROOT / words[3] / "kustomization.yaml").exists())


class NamesTest(unittest.TestCase):
    def test_flags_that_pages_name_exist(self):
        usage = "\n".join(help_of(*command) for program in ["akv-csi", "akv-emulator", "akv-bench"] for command in all_commands_of(program))
        known = {flag.lstrip("-") for flag in flags(re.findall(r"--?[a-z][\w-]*", usage))}
        # Flags of the API server, of helm, of docker, of the driver, and of all programs of this project.
        known |= {"service-account-issuer", "set", "platform", "rotation-poll-interval", "generate-completion-script"}
        for path in FILES:
            for flag in re.findall(r"`--([a-z][a-z0-9-]+)[^`]*`", path.read_text()):
                with self.subTest(page=path.name):
                    self.assertIn(flag, known)

    def test_parameters_are_those_that_the_program_reads(self):
        source = "\n".join(path.read_text() for path in (c.ROOT / "Sources/ProviderCore").rglob("*.swift"))
        documented = set(re.findall(r"^\| `(\w+)`", page("use/parameters.md"), re.M)) - {"secret", "key", "cert"}
        self.assertGreater(len(documented), 15)
        for name in documented:
            self.assertIn(f'"{name}"', source)
        # Other parameters that the program reads are on other pages.
        pages = "\n".join(path.read_text() for path in PAGES.rglob("*.md"))
        for name in set(re.findall(r'(?:parameters|fields)\["(\w+)"\]', source)):
            self.assertIn(f"`{name}`", pages)

    def test_classes_in_pages_have_known_parameters_and_are_yaml(self):
        pages = "\n".join(path.read_text() for path in PAGES.rglob("*.md"))
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
        text = page("operate/metrics.md")
        rows = re.findall(r"^\| `((?:akv_csi_|grpc_|keyvault_|process_)\w+)` \| (\w+)", text, re.M)
        live = provider.families()
        self.assertLessEqual(live.items(), dict(rows).items())
        # Some appear only if a feature is switched on.
        source = "\n".join(path.read_text() for path in (c.ROOT / "Sources/CSIProvider").rglob("*.swift"))
        self.assertEqual(set(re.findall(r'"(akv_csi_\w+|process_\w+|grpc_request|keyvault_request)"', source)), set(dict(rows)))
        exposition = provider.exposition()
        for name, labels in re.findall(r"^\| `((?:akv_csi_|grpc_|keyvault_)\w+)` \|[^|]*\|([^|]*)\|", text, re.M):
            series = "\n".join(line for line in exposition.splitlines() if line.startswith(name))
            for label in re.findall(r"`(\w+)`", labels) if name in live else []:
                self.assertIn(f'{label}="', series)

    def test_alerts_are_those_of_the_rules(self):
        rules = yaml.safe_load((c.CHART / "monitoring/rules.yaml").read_text())
        alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
        self.assertEqual(set(re.findall(r"^\| `(AkvCsi\w+)`", page("operate/metrics.md"), re.M)), alerts)
        for path in FILES:
            self.assertLessEqual(set(re.findall(r"`(AkvCsi\w+)`", path.read_text())), alerts)

    def test_run_books_of_alerts_exist(self):
        rules = yaml.safe_load((c.CHART / "monitoring/rules.yaml").read_text())
        links = [rule["annotations"]["runbook_url"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
        dashboard = json.loads((c.CHART / "monitoring/dashboard.json").read_text())
        base = yaml.safe_load((c.CHART / "values.yaml").read_text())["monitoring"]["documentationURL"]
        for link in links + [link["url"] for link in dashboard["links"]]:
            with self.subTest(link):
                self.assertTrue(link.startswith(f"{base}/"))
                place, _, anchor = link.removeprefix(f"{base}/").partition("#")
                # The label of an alert is an error's code, which has a heading.
                if anchor and "{{" not in anchor:
                    self.assertIn(anchor, anchors(c.ROOT / place))
                self.assertTrue((c.ROOT / place).is_file())

    def test_codes_that_pages_name_are_explained(self):
        explained = set(re.findall(r"^### `([a-z-]+)`", page("use/debugging.md"), re.M))
        for name in ["use/identity-modes.md", "operate/switching-from-azures-provider.md", "use/faq.md", "use/quick-start.md"]:
            for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page(name)):
                if code.split("-")[0] in ("token", "vault", "exchange", "managed", "credentials", "policy", "object", "parameter"):
                    self.assertIn(code, explained, name)


if __name__ == "__main__":
    unittest.main()
