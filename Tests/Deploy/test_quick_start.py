"""Every command of the quick start can be parsed and has existing flags, and on AKS each step prepares the next one."""

import functools
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import azure_stand_in
import charts as c
import cluster
import page
import rendered

PAGE = c.ROOT / "docs/use/quick-start.md"
STEPS = page.steps(PAGE)
EMULATOR_SECTION = "Without Azure"
PROGRAMS = ["az", "kubectl", "helm", "docker", "kind", "sleep", "jq"]


@functools.cache
def flags_of(program, *command):
    """The flags that a program's help lists for a command."""
    texts = [subprocess.run([c.TOOLS / program, *command, "--help"], capture_output=True, text=True, check=True).stdout]
    if program == "kubectl":
        texts.append(subprocess.run([c.TOOLS / program, "options"], capture_output=True, text=True, check=True).stdout)
    return set(re.findall(r"^\s+(?:-\w, )?--([a-z][a-z0-9-]*)", "\n".join(texts), re.M)) | set(
        re.findall(r"^\s+-(\w), ", "\n".join(texts), re.M))


class CommandsTest(unittest.TestCase):
    def test_every_block_parses_and_says_what_it_prints(self):
        self.assertGreater(len(STEPS), 12)
        for step in STEPS:
            with self.subTest(step.script):
                result = subprocess.run(["bash", "-n"], input=step.script, capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stderr)
                result = subprocess.run(["shellcheck", "--shell=bash", "--exclude=SC2086,SC2155,SC2046,SC2016,SC2154,SC2153", "-"], input=step.script,
                                        capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stdout)

    def test_files_that_commands_name_exist(self):
        for step in STEPS:
            for name in re.findall(r"(?<![\w/.-])(deploy/[\w./-]+)", step.script):
                with self.subTest(name):
                    self.assertTrue((c.ROOT / name).exists())


class AzureTest(unittest.TestCase):
    """The whole page except for the emulator's section, in the order of the page."""

    def setUp(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="akv-qs-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, directory)
        self.azure = azure_stand_in.AzureStandIn(directory)
        self.addCleanup(self.azure.close)
        self.source = directory / "source"
        shutil.copytree(c.ROOT / "deploy", self.source / "deploy", symlinks=True)
        self.programs = page.Programs(directory, PROGRAMS, self.azure.handle)
        self.addCleanup(self.programs.stop)

    def run_step(self, step):
        output, failure = self.programs.run(step.script, self.source, {})
        self.assertEqual(failure, "", step.script)
        self.assertIsNone(page.shows(step.output, output), f"the page shows another output of\n{step.script}\n{output}")
        return output

    def on_aks(self):
        return [step for step in STEPS if step.section == "On AKS"]

    def is_short_way(self, step):
        return "setup.sh" in step.script

    def test_the_whole_section(self):
        for step in self.on_aks():
            if not self.is_short_way(step):
                self.run_step(step)
        self.assertEqual(self.azure.groups, {})
        # The installed manifests start the program.
        manifests = self.azure.releases["csi"]
        self.assertIn("cannot listen on", rendered.start_error([m for m in manifests if "spec" in m or m["kind"] == "ConfigMap"]))

    def test_the_script_creates_the_same_as_the_commands(self):
        steps = self.on_aks()
        [index] = [index for index, step in enumerate(steps) if self.is_short_way(step)]
        # Replaces the step before it, except for the namespace of the page.
        for step in steps[:index - 1]:
            self.run_step(step)
        self.run_step(page.Step("", "kubectl apply -f deploy/examples/quick-start/namespace.yaml"))
        for step in steps[index:]:
            self.run_step(step)
        self.assertEqual(list(self.azure.identities), ["quick-start-identity"])

    def test_the_omission_of_a_step_makes_a_later_step_fail(self):
        """The stand-ins refuse what a cluster and Azure would refuse."""
        steps = [step for step in self.on_aks() if not self.is_short_way(step)]
        left_out = {"docker push": "cannot pull", "az role assignment create --role \"Key Vault Secrets User\"": "may not read",
                    "az identity federated-credential": "does not trust", "--enable-oidc-issuer": "needs an issuer",
                    "--set linux.image.repository": "is a placeholder", "kubectl apply -f deploy/examples/quick-start/namespace": "not found",
                    "--set secrets-store-csi-driver.enableSecretRotation": "without rotation"}
        for words, reason in left_out.items():
            with self.subTest(words):
                self.doCleanups()
                self.setUp()
                failures = []
                for step in steps:
                    if step.output and "second" in step.script and "enableSecretRotation" not in words:
                        break
                    script = "\n".join(self.without(command, words) for command in step.script.replace("\\\n", " ").splitlines())
                    _, failure = self.programs.run(script, self.source, {})
                    if failure:
                        failures.append(failure)
                        break
                self.assertIn(reason, "".join(failures))

    @staticmethod
    def without(command, words):
        """A line without the option, or without the command that begins with the words."""
        if words.startswith("--"):
            return re.sub(rf"{re.escape(words)}(=\S+| |$)", " ", command)
        return "" if command.startswith(words) else command

    def test_other_sections_run_too(self):
        for step in self.on_aks()[:-1]:
            if not self.is_short_way(step):
                self.run_step(step)
        for step in STEPS:
            if step.section not in ("On AKS", EMULATOR_SECTION):
                self.run_step(step)

    def test_kubectl_and_helm_know_the_flags(self):
        for step in STEPS:
            if step.section != EMULATOR_SECTION and not (step.section == "On AKS" and step is self.on_aks()[-1]):
                self.run_step(step)
        calls = [call for call in self.programs.calls if call[0] in ("kubectl", "helm")]
        # The commands of the emulator's section, as on the page.
        for step in STEPS:
            if step.section == EMULATOR_SECTION:
                for line in step.script.replace("\\\n", " ").splitlines():
                    calls += [(name, words.split()) for name, words in re.findall(r"\b(kubectl|helm) ([^|;>]*)", line)]
        self.assertGreater(len(calls), 30)
        for name, words in calls:
            with self.subTest(name, words=words):
                words = words[:words.index("--")] if "--" in words else words
                plain = [word for word in words if not word.startswith("-")]
                command = plain[:2] if plain[:2] in (["rollout", "status"], ["dependency", "update"], ["config", "delete-context"]) else plain[:1]
                used = {word.lstrip("-").partition("=")[0] for word in words if re.match(r"-\w|--\w", word)}
                self.assertLessEqual(used, flags_of(name, *command))


class OptionsTest(unittest.TestCase):
    def test_words_are_read_as_the_programs_read_them(self):
        self.assertEqual(cluster.options(["a", "--b=c", "--d", "e", "-f", "-", "--", "g", "--h"]),
                         ({"b": ["c"], "d": ["e"], "f": ["-"]}, ["a"], ["g", "--h"]))

    def test_the_output_is_compared_line_by_line(self):
        self.assertIsNone(page.shows(["a b", "…", "c … d"], "x\na   b\ny\nc 1 2 d\n"))
        self.assertEqual(page.shows(["a", "b"], "b\na\n"), "b")
        self.assertEqual(page.shows(["a …"], "b c\n"), "a …")


if __name__ == "__main__":
    unittest.main()
