"""The emulator for developers: `run`, and the lines that `print-env` prints for a shell."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import emulated
import world as w

PROGRAM = w.PROGRAMS / "akv-emulator"
# A user's program, which does not know the emulator.
READ = f"""
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
print(SecretClient("{w.VAULT_URL}", DefaultAzureCredential()).get_secret("greeting").value)
"""


class ShellTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        shutil.copy(emulated.SEED, self.directory / "emulator.yaml")
        # A shell without variables for proxies, certificates or Azure, and with a directory for temporary files.
        self.environment = {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "TMPDIR": str(self.directory / "tmp")}
        (self.directory / "tmp").mkdir()

    def shell(self, script, **variables):
        return subprocess.run(["sh", "-c", script], cwd=self.directory, env={**self.environment, **variables},
                              capture_output=True, text=True, timeout=w.DEADLINE)


class RunTest(ShellTest):
    def run_command(self, *words, flags=()):
        return subprocess.run([str(word) for word in (PROGRAM, "run", *flags, "--", *words)], cwd=self.directory,
                              env=self.environment, capture_output=True, text=True, timeout=w.DEADLINE)

    def test_a_program_reads_a_secret(self):
        done = self.run_command(sys.executable, "-c", READ, flags=["--identity", "user"])
        self.assertEqual((done.stdout, done.returncode), ("hello from the seed\n", 0), done.stderr)
        self.assertEqual(os.listdir(self.directory / "tmp"), [])

    def test_output_and_exit_code_are_the_commands_own(self):
        done = self.run_command("sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("out\n", "err\n", 7))
        self.assertEqual(self.run_command("sh", "-c", "kill -KILL $$").returncode, 128 + signal.SIGKILL)

    def test_commands_that_do_not_run(self):
        (self.directory / "plain").write_text("text")
        for command, code in [("no-such-command", 127), ("./plain", 126)]:
            done = self.run_command(command)
            self.assertEqual((done.returncode, done.stdout), (code, ""))
            self.assertRegex(done.stderr, rf"\AError: {command} cannot be run: .*\n\Z")
        self.assertIn("the command is missing", self.run_command().stderr)

    def test_without_an_emulator_the_command_does_not_run(self):
        for flags, code in [(["--seed", "nowhere"], 2), (["--identity", "nobody"], 1), (["--directory", "/proc/x"], 2)]:
            with self.subTest(flags):
                done = self.run_command("sh", "-c", "echo ran; touch ran", flags=flags)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertTrue(done.stderr.startswith("Error: "), done.stderr)
        self.assertFalse((self.directory / "ran").exists())
        self.assertEqual(os.listdir(self.directory / "tmp"), [])

    def test_signals_reach_the_command(self):
        script = "trap 'echo interrupted; exit 3' INT; trap 'echo stopped; exit 4' TERM; echo ready; " \
                 "while :; do sleep 0.05; done"
        for number, text, code in [(signal.SIGINT, "interrupted", 3), (signal.SIGTERM, "stopped", 4)]:
            # A shell cannot trap a signal that was ignored when it started, as SIGINT is in a background job.
            with subprocess.Popen([PROGRAM, "run", "--", "sh", "-c", script], cwd=self.directory, env=self.environment,
                                  stdout=subprocess.PIPE, text=True,
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
                self.addCleanup(process.kill)
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
                self.assertEqual(process.stdout.read(), f"{text}\n")
                self.assertEqual(process.wait(), code)

    def test_commands_inside_reach_the_emulator(self):
        done = self.run_command("sh", "-c", f"cd / && akv-emulator list kv-tests && akv-emulator set kv-tests a b")
        self.assertIn("secrets/greeting", done.stdout, done.stderr)


class PrintEnvTest(ShellTest):
    def serve(self):
        process = subprocess.Popen([PROGRAM, "--seed", "emulator.yaml"], cwd=self.directory, env=self.environment,
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def test_an_emulator_that_is_still_starting(self):
        self.serve()
        done = self.shell(f"""eval "$(akv-emulator print-env --wait --timeout {w.DEADLINE} --identity user)"
            exec {sys.executable} -c '{READ}'""")
        self.assertEqual(done.stdout, "hello from the seed\n", done.stderr)

    def assert_blocked(self, done):
        """The evaluation fails, and a request for the real Azure does not leave the machine."""
        self.assertTrue(done.stdout.startswith("failed\n"), done)
        variables = dict(line.split("=", 1) for line in done.stdout.splitlines()[1:])
        self.assertEqual({variables[name] for name in ["HTTPS_PROXY", "https_proxy"]}, {"http://127.0.0.1:9"})
        self.assertEqual({variables[name] for name in ["NO_PROXY", "no_proxy"]}, {"127.0.0.1,localhost"})

    def test_a_failure_does_not_end_in_the_real_azure(self):
        # The files of an emulator that has ended, with a port on which no process listens.
        stale = self.directory / "stale"
        stale.mkdir()
        port = self.enterContext(w.reserved())
        (stale / "endpoints.json").write_text(
            f'{{"httpsPort": {port}, "proxyPort": {port}, "adminPort": {port}, "nodePort": {port}, '
            '"authorityPEM": "", "clusterIssuer": ""}')
        for command in ["print-env", "print-env --wait --timeout 0", "print-env --wiat", "--print-env",
                        "print-env --directory stale", "--print-env --directory stale", "print-env --shell csh"]:
            with self.subTest(command):
                done = self.shell(f'eval "$(akv-emulator {command})" || echo failed; env',
                                  https_proxy="http://proxy.example:3128", NO_PROXY=".azure.net")
                self.assert_blocked(done)
                self.assertIn("Error: ", done.stderr)
                self.assertIn("print-env --unset", done.stderr)
        script = 'set -e; eval "$(akv-emulator print-env)"; echo reached'
        self.assertNotIn("reached", self.shell(script).stdout)

    def test_an_unknown_identity(self):
        self.serve()
        done = self.shell(f"""eval "$(akv-emulator print-env --wait --timeout {w.DEADLINE} --identity nobody)" \
            || echo failed; env""")
        self.assert_blocked(done)
        self.assertIn("the identity nobody does not exist; the identities are officer, user", done.stderr)

    def test_unset_restores_the_shell(self):
        self.serve()
        mine = {"https_proxy": "http://proxy.example:3128", "SSL_CERT_FILE": "/etc/mine it's.pem",
                "AZURE_CLIENT_SECRET": "mine", "AZURE_CLIENT_ID": "mine"}
        # Twice, and after a failure: the first values are those of the user.
        done = self.shell(f"""eval "$(akv-emulator print-env --directory nowhere)"
            eval "$(akv-emulator print-env --wait --timeout {w.DEADLINE})"
            eval "$(akv-emulator print-env --identity user)"
            env -0 > during; eval "$(akv-emulator print-env --unset)"; env -0 > after""", **mine)

        def variables(name):
            return dict(item.split("=", 1) for item in (self.directory / name).read_text().split("\0") if item)

        during, after = variables("during"), variables("after")
        self.assertEqual(during["AZURE_CLIENT_ID"], emulated.USER, done.stderr)
        self.assertNotIn("AZURE_CLIENT_SECRET", during)
        self.assertEqual(during["https_proxy"], during["HTTPS_PROXY"])
        self.assertEqual({name: value for name, value in after.items() if name in mine}, mine)
        for name in after.keys() - mine.keys():
            self.assertNotRegex(name, "AKV|AZURE|PROXY|proxy|CERT|BUNDLE")

    def test_system_roots_are_trusted_too(self):
        roots = self.directory / "roots.pem"
        roots.write_text("the user's own roots\n")
        self.environment["SSL_CERT_FILE"] = str(roots)
        self.serve()
        done = self.shell(f"""eval "$(akv-emulator print-env --wait --timeout {w.DEADLINE})"; cat "$SSL_CERT_FILE" """)
        self.assertIn("BEGIN CERTIFICATE", done.stdout)
        self.assertIn("the user's own roots", done.stdout)

    def test_fish(self):
        done = self.shell("akv-emulator print-env --shell fish")
        self.assertIn("set -gx HTTPS_PROXY http://127.0.0.1:9\n", done.stdout)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
