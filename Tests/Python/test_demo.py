"""The numbers that `make demo` prints in about twenty lines are correct."""

import json
import os
import pty
import re
import subprocess
import unittest

import world as w

DEMO = w.ROOT / "deploy/examples/payments/demo.sh"
STEPS = ["A pod starts", "The driver asks again", "A second pod starts", "The password is rotated",
         "Another service account tries"]


def environment(**variables):
    colours = {"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}
    return {**{name: value for name, value in os.environ.items() if name not in colours}, "TERM": "xterm",
            "AKV_PROGRAMS": str(w.PROGRAMS), **variables}


def demo(*words, **variables):
    return subprocess.run([DEMO, *words], capture_output=True, text=True, timeout=w.DEADLINE, env=environment(**variables))


class DemoTest(unittest.TestCase):
    def test_the_demo_prints_the_requests_of_each_step(self):
        done = demo()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        lines = done.stdout.splitlines()
        self.assertLessEqual(len([line for line in lines if line]), 24, done.stdout)
        self.assertLessEqual(max(map(len, lines)), 120, done.stdout)
        rows = [re.search(rf"^  {step}.*? (\d+) \+ (\d+) .* 3 \+ [13]$", done.stdout, re.M) for step in STEPS]
        self.assertTrue(all(rows), done.stdout)
        requests = [tuple(map(int, row.groups())) for row in rows]
        # On a busy machine the refresh interval may end: then the provider requests the vault again.
        self.assertEqual(requests[0], (1, 2))
        self.assertEqual((requests[1][0], requests[2][0], requests[4]), (0, 1, (1, 0)))
        self.assertGreater(requests[3][1], 0)
        self.assertIn("payments-db-password   28 bytes, 18 after the rotation", done.stdout)
        self.assertIn("Secret team-payments/payments-secrets with db-password, api-key", done.stdout)
        self.assertIn("[exchange-refused]", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertNotIn("correct-horse", done.stdout)

    def test_the_next_commands_work(self):
        text = demo().stdout
        commands = re.findall(r"^  (\S*akv-\S+ .*?)  ", text[text.index("\nNext\n"):], re.M)
        self.assertGreaterEqual(len(commands), 2, text)
        for command in commands:
            subprocess.run(command, shell=True, cwd=w.ROOT, check=True, capture_output=True, timeout=w.DEADLINE)

    def test_verbose_shows_reports_and_the_log(self):
        done = demo("--verbose", CLICOLOR_FORCE="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("\x1b[1m", done.stdout)
        self.assertIn("secret/payments-db-password", done.stdout)
        self.assertIn("--subject 'system:serviceaccount:team-payments:intruder'", done.stdout)
        log = [json.loads(line) for line in re.findall(r"^  (\{.*\})$", done.stdout, re.M)]
        self.assertIn("mounted", [line["msg"] for line in log])
        self.assertNotIn("correct-horse", done.stdout)

    def test_colours(self):
        def on_terminal(**variables):
            master, slave = pty.openpty()
            self.addCleanup(os.close, master)
            process = subprocess.Popen([DEMO], stdout=slave, env=environment(**variables))
            os.close(slave)
            written = b""
            try:
                while part := os.read(master, 65536):
                    written += part
            except OSError:
                pass
            self.assertEqual(process.wait(timeout=w.DEADLINE), 0)
            return b"\x1b[" in written

        self.assertTrue(on_terminal())
        for variables in [{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, {"CLICOLOR": "0"}, {"TERM": "dumb"}]:
            with self.subTest(variables):
                self.assertFalse(on_terminal(**variables))

    def test_a_mistake(self):
        done = demo("--verbos")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: demo.sh [--verbose]", done.stderr)

    def test_well_formed(self):
        subprocess.run(["shellcheck", DEMO], check=True)


if __name__ == "__main__":
    unittest.main()
