"""The man pages and completions of a release."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import world as w
from test_manners import commands, run

PROGRAMS = ["akv-csi", "akv-emulator"]


class ManualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="akv-manuals-", dir="/tmp")
        cls.addClassCleanup(directory.cleanup)
        cls.share = pathlib.Path(directory.name)
        subprocess.run([w.ROOT / "deploy/release/manuals.py", w.PROGRAMS, cls.share], check=True, timeout=w.DEADLINE)

    def page(self, name):
        """The formatted page, and groff's warnings."""
        done = subprocess.run(["groff", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-rLL=200n", "-ww",
                               self.share / f"man/man1/{name}.1"], capture_output=True, text=True, check=True)
        return done.stdout.replace("\u2010", "-").replace("\u2212", "-"), done.stderr

    def test_every_command_has_a_page_with_its_options(self):
        expected = set()
        for program in PROGRAMS:
            for path, command in commands(program):
                name = "-".join([program, *path])
                expected.add(f"{name}.1")
                text, warnings = self.page(name)
                with self.subTest(name):
                    self.assertEqual(warnings, "")
                    flat = re.sub(r"-?\n\s*|\s+", " ", text)
                    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT"]:
                        self.assertIn(f"\n{section}\n", text)
                    for argument in command.get("arguments", []):
                        if argument["shouldDisplay"]:
                            for option in argument.get("names", []):
                                self.assertIn(("--" if option["kind"] == "long" else "-") + option["name"], flat)
                    for child in command.get("subcommands", []):
                        self.assertTrue(not child["shouldDisplay"] or child["commandName"] in flat)
        self.assertEqual({path.name for path in (self.share / "man/man1").iterdir()}, expected)

    def test_examples_keep_their_lines(self):
        self.assertRegex(self.page("akv-csi-doctor")[0],
                         r"kubectl create token payments-api -n team-payments \\\n +--audience")

    def test_every_flag_of_serve_is_on_its_page(self):
        text = self.page("akv-csi-serve")[0]
        for flag, default in re.findall(r"^  -([a-z0-9-]+).*\n.*?(?:\(default ([^()]+)\))?$",
                                        run("akv-csi", "serve", "--help").stdout, re.M):
            self.assertIn(f"--{flag}", text)
            if default not in ("", "false"):
                self.assertIn(f"Default: {default}.", re.sub(r"\s+", " ", text))

    def test_completions_are_where_shells_look(self):
        for program in PROGRAMS:
            for path in [f"bash-completion/completions/{program}", f"zsh/site-functions/_{program}",
                         f"fish/vendor_completions.d/{program}.fish"]:
                self.assertIn(program, (self.share / path).read_text())


if __name__ == "__main__":
    unittest.main()
