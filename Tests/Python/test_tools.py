"""`check`, `doctor` and `migrate` in scripts: exit codes, standard input, and unchanged files."""

import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

import test_mount
import world as w

EXAMPLE = w.ROOT / "deploy/examples/payments/payments.yaml"

# The aad-pod-identity objects for the pod of the payments example.
POD_IDENTITY = """---
apiVersion: aadpodidentity.k8s.io/v1
kind: AzureIdentity
metadata: {name: payments, namespace: team-payments}
spec: {type: 0, clientID: 11111111-aaaa-4aaa-8aaa-000000000001}
---
apiVersion: aadpodidentity.k8s.io/v1
kind: AzureIdentityBinding
metadata: {name: payments, namespace: team-payments}
spec: {azureIdentity: payments, selector: payments}
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in (w.PROGRAMS / "akv-csi", *words)], capture_output=True, text=True, **options)


class ToolsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_check_tells_by_its_exit_code(self):
        wrong = EXAMPLE.read_text().replace("clientID:", "clientId:")
        # The quick start's class is a template for envsubst.
        template = w.ROOT / "deploy/examples/quick-start"
        deploy = [path for folder in ["deploy", "deploy/examples"] for path in (w.ROOT / folder).iterdir()
                  if path.suffix == ".yaml" or (path.is_dir() and any(path.rglob("*.yaml")))]
        finished = [path for path in deploy if path not in (template, template.parent)]
        for words, options, code in [
            (["check", *finished], {}, 0),
            (["check", template], {}, 1),
            (["check", EXAMPLE, "--output", "json"], {}, 0),
            (["check", "-"], {"input": wrong}, 1),
            (["check", "--fail-on", "error", "-"], {"input": wrong}, 0),
            (["check", self.directory / "nothing.yaml"], {}, 2),
            (["check", EXAMPLE, self.directory / "nothing" / "x.yaml"], {}, 2),
            (["check"], {}, 2),
            (["check", "--output", "xml", EXAMPLE], {}, 2),
        ]:
            with self.subTest(words=words):
                result = run(*words, **options)
                self.assertEqual(result.returncode, code, result.stdout + result.stderr)

    def test_check_writes_for_people_programs_and_code_hosts(self):
        (self.directory / "a.yaml").write_text(EXAMPLE.read_text().replace("clientID:", "clientId:"))
        text = run("check", self.directory).stdout
        self.assertIn("a.yaml:26:5: warning: the provider ignores the parameter clientId", text)
        self.assertNotIn("\x1b", text)
        findings = json.loads(run("check", "--output", "json", "--plan", EXAMPLE).stdout)
        self.assertEqual(findings["plan"][0]["identityMode"], "workload identity")
        sarif = json.loads(run("check", "--output", "sarif", self.directory).stdout)
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertTrue(sarif["runs"][0]["results"])

    def test_colours_are_for_terminals_that_want_them(self):
        def on_terminal(**environment):
            master, slave = pty.openpty()
            self.addCleanup(os.close, master)
            subprocess.run([str(w.PROGRAMS / "akv-csi"), "check", str(EXAMPLE)], stdout=slave,
                           env={**os.environ, "TERM": "xterm", **environment})
            os.close(slave)
            return os.read(master, 65536)

        self.assertIn(b"\x1b[", on_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b[", on_terminal(NO_COLOR="1"))

    def test_completion_knows_the_commands(self):
        for shell in ["bash", "zsh", "fish"]:
            script = run("--generate-completion-script", shell).stdout
            for command in ["serve", "mount", "check", "doctor", "migrate"]:
                self.assertIn(command, script)

    def test_migrate_changes_files_only_with_write(self):
        old = EXAMPLE.read_text().replace('usePodIdentity: "false"', 'usePodIdentity: "true"  # for now').replace(
            "        azure.workload.identity/use:", "        aadpodidbinding: payments  # old\n        other:")
        old += POD_IDENTITY
        file = self.directory / "payments.yaml"
        file.write_text(old)
        result = run("migrate", file)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(file.read_text(), old)
        self.assertEqual(run("migrate", "--write", file).returncode, 0)
        new = file.read_text()
        self.assertIn('usePodIdentity: "false"  # for now', new)
        self.assertIn('azure.workload.identity/use: "true"  # old', new)
        self.assertEqual([p.name for p in self.directory.iterdir()], ["payments.yaml"])
        changed = [line for line in old.splitlines() if line not in new.splitlines()]
        self.assertLessEqual(len(changed), 4, changed)

    def test_doctor_tells_by_its_exit_code(self):
        world = w.World()
        self.addCleanup(world.stop)
        manifest = self.directory / "class.yaml"
        manifest.write_text(test_mount.secret_provider_class("one", "plain"))
        token = self.directory / "token"
        token.write_text(world.token())
        environment = {**os.environ, **world.environment}
        words = ["doctor", manifest, "--service-account", "reader", "--token-file", token, "--output", "json"]
        result = run(*words, env=environment)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue(json.loads(result.stdout)["works"])
        self.assertNotIn("plain value", result.stdout)
        result = run(*words, "--endpoint", f"unix://{self.directory}/azure.sock", env=environment)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(json.loads(result.stdout)["cause"], "provider")
        self.assertEqual(run("doctor").returncode, 2)


if __name__ == "__main__":
    unittest.main()
