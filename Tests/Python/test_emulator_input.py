"""Mistakes in the emulator's commands: each gives one line with the reason, and has no effect."""

import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from azure.core.exceptions import ResourceNotFoundError

import emulated
import world as w


class InputTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.seed = self.directory / "seed.yaml"
        self.seed.write_text("vaults: []\n")

    def refused(self, *words, code=None):
        """The error of a command that cannot be executed. None of them starts to serve."""
        done = subprocess.run([str(word) for word in (w.PROGRAMS / "akv-emulator", *words)], cwd=self.directory,
                              capture_output=True, text=True, timeout=w.DEADLINE)
        self.assertIn(done.returncode, [code] if code else [1, 2])
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("Error: "), done.stderr)
        # The internal words of a library must not appear.
        for word in ["Domain", "UserInfo", "DecodingError", "Cancellation"]:
            self.assertNotIn(word, done.stderr)
        return done.stderr

    def test_unreadable_files_are_refused(self):
        (self.directory / "latin.yaml").write_bytes(b"vaults: \xff\n")
        for place, reason in [("nowhere", "No such file or directory"), ("latin.yaml", "is not UTF-8"), (".", "cannot be read")]:
            for words in [["--seed", place], ["--seed", self.seed, "--schedule", place], ["fault", "schedule", place]]:
                with self.subTest(words=words):
                    self.assertIn(reason, self.refused(*words, code=2))
        self.assertIn("cannot be used", self.refused("--seed", self.seed, "--state", self.seed))
        self.assertIn("cannot be used", self.refused("--seed", self.seed, "--state", "."))

    def test_places_that_cannot_be_written(self):
        for place in [self.seed / "below", "/proc/nowhere"]:
            self.assertIn("cannot be written", self.refused("--seed", self.seed, "--directory", place))

    def test_invalid_numbers_are_refused(self):
        for option, value in [("--port", 65536), ("--proxy-port", 99999), ("--admin-port", -1), ("--latency", -3)]:
            self.assertIn("must not be negative" if option == "--latency" else f"{option} {value} is not a port",
                          self.refused("--seed", self.seed, f"{option}={value}", code=2))

    def test_a_command_that_does_not_exist(self):
        self.assertIn("unknown command 'sevre': did you mean 'serve'?", self.refused("sevre", code=2))
        self.assertIn("--seed is missing", self.refused(code=2))

    def test_a_mistake_in_the_seed(self):
        self.seed.write_text("vauls: []\n")
        self.assertIn("did you mean vaults", self.refused("--seed", self.seed, code=2))
        self.assertIn("did you mean vaults", self.refused("run", "--seed", self.seed, "--", "echo", "ran", code=2))

    def test_version(self):
        done = subprocess.run([w.PROGRAMS / "akv-emulator", "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^v\d+\.\d+\.\d+")

    def test_no_emulator(self):
        for words in [["list"], ["log"], ["log", "--output", "json"], ["calls"], ["role", "list"], ["token", "x"],
                      ["fault", "list"], ["federation", "list"], ["set", "a", "b", "c"]]:
            self.assertIn("start one, or name its --directory", self.refused(*words, code=1))


class AnswersTest(emulated.EmulatedTest):
    def test_colours_are_for_terminals_that_want_them(self):
        self.refused(ResourceNotFoundError, "SecretNotFound", self.secrets().get_secret, "absent")

        def on_terminal(**environment):
            master, slave = pty.openpty()
            self.addCleanup(os.close, master)
            subprocess.run([w.PROGRAMS / "akv-emulator", "log", "--directory", self.world.directory / "azure"],
                           stdout=slave, check=True, env={**os.environ, "TERM": "xterm", **environment})
            os.close(slave)
            shown = b""
            while True:
                try:
                    shown += os.read(master, 65536)
                except OSError:  # EIO: no process has the terminal open any more.
                    return shown

        self.assertIn(b"\x1b[31m", on_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b[", on_terminal(NO_COLOR="1"))
        self.assertNotIn(b"\x1b[", on_terminal(NO_COLOR="", TERM="dumb"))

    def test_a_missing_object_is_not_a_mistake_in_the_command(self):
        for words in [["list", "kv-test"], ["list", "kv-test", "--output", "json"]]:
            done = self.command(*words, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("does not exist", done.stderr)


if __name__ == "__main__":
    unittest.main()
