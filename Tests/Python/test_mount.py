"""`akv-csi mount` on the command line: a pod's volumes, the requests to Azure, and rotations."""

import json
import os
import pathlib
import signal
import subprocess
import unittest

import world as w

CLASS = """
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {{name: {name}, namespace: team-a}}
spec:
  provider: azure
  parameters:
    clientID: {client}
    keyvaultName: kv-tests
    tenantID: {tenant}
    objects: |
      array:
        - |
          objectName: {object}
          objectType: secret
  secretObjects:
    - {{secretName: {name}-synced, type: Opaque, data: [{{objectName: {object}, key: k}}]}}
---
"""

POD = """
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: team-a}
spec:
  serviceAccountName: reader
  volumes:
    - name: second
      csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: two}}
    - name: first
      csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: one}}
"""


def secret_provider_class(name, secret):
    return CLASS.format(name=name, object=secret, client=w.READER, tenant=w.TENANT)


class MountTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.world.start_provider("--refresh-interval=0")
        self.manifests = self.world.directory / "pod.yaml"
        self.volume = self.world.directory / "volume"

    def command(self, *flags):
        words = [w.PROGRAMS / "akv-csi", "mount", "--file", self.manifests, "--endpoint", f"unix://{self.world.socket}",
                 "--target", self.volume, "--token-server", f"http://127.0.0.1:{self.world.endpoints['adminPort']}", *flags]
        return [str(word) for word in words]

    def mount(self, *flags):
        return subprocess.run(self.command(*flags), capture_output=True, text=True)

    def test_mounts_all_volumes_of_a_pod_in_its_order(self):
        self.manifests.write_text(secret_provider_class("one", "plain") + secret_provider_class("two", "shared") + POD)
        secrets = self.world.directory / "secrets.yaml"
        result = self.mount("--secrets-file", secrets)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(result.stdout.index("Mounted two for"), result.stdout.index("Mounted one for"))
        self.assertEqual((self.volume / "first/plain").read_text(), "plain value")
        self.assertEqual((self.volume / "second/shared").read_text(), "for both teams")
        text = secrets.read_text()
        self.assertLess(text.index("name: two-synced"), text.index("name: one-synced"))
        self.assertEqual(secrets.stat().st_mode & 0o777, 0o600)
        self.assertNotIn("plain value", result.stdout)

    def test_ends_at_the_first_volume_that_fails(self):
        self.manifests.write_text(secret_provider_class("one", "plain") + secret_provider_class("two", "nothing") + POD)
        result = self.mount()
        self.assertEqual(result.returncode, 1)
        self.assertIn("object-not-found", result.stderr)
        self.assertFalse((self.volume / "first").exists())

    def test_mounts_the_selected_classes(self):
        self.manifests.write_text(secret_provider_class("one", "plain") + secret_provider_class("two", "shared"))
        result = self.mount()
        self.assertEqual(result.returncode, 1)
        self.assertIn("one, two", result.stderr)
        result = self.mount("--class", "one", "--service-account", "reader")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.volume / "plain").read_text(), "plain value")

    def test_a_class_without_a_namespace_is_of_the_pods(self):
        one = secret_provider_class("one", "plain").replace("name: one, namespace: team-a", "name: one")
        self.manifests.write_text(one + secret_provider_class("two", "shared") + POD)
        result = self.mount()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.volume / "first/plain").read_text(), "plain value")

    def test_explains_what_it_does(self):
        self.manifests.write_text(secret_provider_class("one", "plain"))
        result = self.mount("--explain", "--service-account", "reader")
        self.assertIn("as workload identity, because clientID is set", result.stdout)
        self.assertIn("https://kv-tests.vault.azure.net/secrets/plain", result.stdout)
        self.assertIn("az role assignment create", result.stdout)

    def test_paths_and_manifests_may_have_any_character(self):
        name = "a/\u0301\U0001F600"
        manifest = {
            "apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
            "metadata": {"name": "one", "namespace": "team-a"},
            "spec": {
                "provider": "azure",
                "parameters": {"clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT, "objects":
                               f"array:\n- |\n  objectName: plain\n  objectType: secret\n  objectAlias: {name}\n"},
                "secretObjects": [{"secretName": "s", "type": "Opaque", "data": [{"objectName": name, "key": "k"}]}]}}
        for escaped in [True, False]:
            with self.subTest(escaped=escaped):
                self.manifests.write_text(json.dumps(manifest, ensure_ascii=escaped))
                result = self.mount("--service-account", "reader", "--strict")
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertEqual((self.volume / name).read_text(), "plain value")

    def test_refuses_invalid_tokens(self):
        self.manifests.write_text(secret_provider_class("one", "plain"))
        words = self.command()
        server = words.index("--token-server")
        token = self.world.directory / "token"
        for text, reason in [("", "is empty"), (" \n", "is empty"), ("hunter2", "holds no service account token"),
                             ("a.b.c", "holds no service account token"), ("{}", "holds no service account token")]:
            with self.subTest(text=text):
                token.write_text(text)
                result = subprocess.run([*words[:server], *words[server + 2:], "--token-file", token],
                                        capture_output=True, text=True)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"the token file {token} {reason}", result.stderr)
                if text.strip():
                    self.assertNotIn("hunter2", result.stderr)

    def test_strict_fails_for_a_secret_that_cannot_be_written(self):
        manifest = secret_provider_class("one", "plain").replace("data: [{objectName: plain", "data: [{objectName: other")
        self.manifests.write_text(manifest)
        for flags, code in [([], 0), (["--strict"], 1)]:
            result = self.mount("--service-account", "reader", *flags)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("file matching objectName other not found", result.stdout)

    def test_watches_for_rotations_and_survives_failures(self):
        self.manifests.write_text(secret_provider_class("one", "plain"))
        process = subprocess.Popen(
            self.command("--watch", "--interval", "1h", "--service-account", "reader"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)

        def lines_until(words):
            for line in process.stdout:
                if words in line:
                    return line
            self.fail(f"it ended without {words}")

        def emulator(*arguments):
            subprocess.run([w.PROGRAMS / "akv-emulator", *arguments, "--directory", self.world.directory / "azure"],
                           check=True, stdout=subprocess.DEVNULL)

        lines_until("secret/plain")
        # The kernel shows when the process handles the signals.
        status = pathlib.Path(f"/proc/{process.pid}/status")

        def trapped():
            caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
            return int(caught.split()[1], 16) & (1 << (signal.SIGHUP - 1))

        w.until(trapped, "the signal's handler")
        emulator("set", "kv-tests", "plain", "rotated")
        os.kill(process.pid, signal.SIGHUP)
        self.assertIn("one: file plain has new contents, 7 bytes", lines_until("new contents"))
        self.assertIn("secret/plain: version", lines_until("version"))
        self.assertEqual((self.volume / "plain").read_text(), "rotated")
        emulator("fault", "add", "status", "status=403", "target=vault")
        os.kill(process.pid, signal.SIGHUP)
        self.assertIn("not mounted, the files stay", lines_until("not mounted"))
        self.assertEqual((self.volume / "plain").read_text(), "rotated")
        emulator("fault", "clear")
        os.kill(process.pid, signal.SIGHUP)
        self.assertIn("one: mounted again", lines_until("mounted again"))
        process.terminate()
        self.assertEqual(process.wait(timeout=w.DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
