"""The vault-reader example: a real volume, a real rotation, and the service's responses."""

import json
import pathlib
import signal
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import world as w

EXAMPLE = w.ROOT / "deploy/examples/vault-reader"
VALUES = ["correct-horse-battery-staple", "pk_live_51c0ffee"]


class VaultReaderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World(seed=EXAMPLE / "emulator.yaml")
        cls.addClassCleanup(cls.world.stop)
        cls.world.start_provider("--refresh-interval=0")
        cls.token = cls.world.directory / "token"
        cls.token.write_text(cls.world.token("vault-reader", namespace="team-reader"))
        cls.specification = json.loads((EXAMPLE / "openapi.json").read_text())

    def setUp(self):
        self.volume = self.world.directory / f"volume-{self.id().rsplit('.', 1)[1]}"

    def mount(self):
        subprocess.run([w.PROGRAMS / "akv-csi", "mount", "--file", EXAMPLE / "vault-reader.yaml", "--endpoint",
                        f"unix://{self.world.socket}", "--token-file", self.token, "--target", self.volume,
                        "--pod-uid", "0b6a2f1e-5c1d-4b7e-9a53-1f0e6f0f7c12"], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        """Runs Python as in the pod, without a library path, user packages and bytecode."""
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", EXAMPLE / "reader.py"], stdout=subprocess.PIPE, text=True,
            env={"VOLUME": str(self.volume), "ADDRESS": "127.0.0.1", "PORT": "0", "INTERVAL": "0.05"})
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.lines = []
        while True:
            line = json.loads(self.process.stdout.readline())
            self.lines.append(line)
            if line["msg"] == "listening":
                self.port = line["port"]
                return

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=w.DEADLINE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def files(self):
        return json.loads(self.get("/files")[1])

    def fingerprints(self):
        return {file["path"]: file["fingerprint"] for file in self.files()["files"]}

    def test_a_rotation_is_noticed_and_no_value_is_shown(self):
        self.mount()
        self.start()
        w.until(lambda: self.get("/readyz")[0] == 200, "the volume to be read")
        before = self.fingerprints()
        self.assertEqual(sorted(before), ["api/key", "reader-db-password", "reader-tls"])
        self.assertEqual(json.loads(self.get("/files/api%2Fkey")[1])["bytes"], len(VALUES[1]))
        seen = [self.get(path)[1] for path in ["/", "/files", "/files/api/key", "/docs", "/readyz"]]
        subprocess.run([w.PROGRAMS / "akv-emulator", "set", "kv-vault-reader", "reader-db-password",
                        "a-rotated-value-of-more-length", "--directory", self.world.directory / "azure"], check=True,
                       stdout=subprocess.DEVNULL)
        self.mount()
        state = w.until(lambda: self.files()["rotations"] == 1 and self.files(), "the rotation")
        after = self.fingerprints()
        self.assertEqual({path for path in after if after[path] != before[path]}, {"reader-db-password"})
        changed = next(file for file in state["files"] if file["path"] == "reader-db-password")
        self.assertEqual((changed["bytes"], changed["masked"]), (30, "a-••••••••"))
        seen += [self.get("/")[1], self.get("/files")[1]]
        for value in [*VALUES, "a-rotated-value"]:
            self.assertNotIn(value[:6], "".join(seen))
        # The same generation again is not a rotation.
        self.mount()
        self.assertEqual(self.files()["rotations"], 1)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=w.DEADLINE), 0)

    def test_no_volume(self):
        self.start()
        self.assertEqual(self.get("/healthz")[0], 200)
        status, body = w.until(lambda: self.get("/readyz"), "an answer")
        self.assertEqual(status, 503)
        self.assertIn("holds no mounted files", w.until(
            lambda: "holds no" in self.get("/readyz")[1] and self.get("/readyz")[1], "the reason"))
        self.assertEqual(self.files(), {"rotations": 0, "changedAt": None, "files": []})
        self.mount()
        w.until(lambda: self.get("/readyz")[0] == 200, "the volume to be read")

    def test_it_does_what_its_specification_says(self):
        validate(self.specification)
        self.mount()
        self.start()
        w.until(lambda: self.get("/readyz")[0] == 200, "the volume to be read")
        self.assertEqual(json.loads(self.get("/openapi.json")[1]), self.specification)
        documentation = self.get("/docs")[1]
        for path, item in self.specification["paths"].items():
            with self.subTest(path):
                self.assertIn(path, documentation)
                status, body = self.get(path.replace("{path}", "api%2Fkey"))
                answer = self.resolve(item["get"]["responses"][str(status)])
                kind, content = next(iter(answer["content"].items()))
                if kind == "application/json":
                    schema = {**content["schema"], "components": self.specification["components"]}
                    Draft202012Validator(schema).validate(json.loads(body))
        self.assertEqual(self.get("/files/absent")[0], 404)
        for path in ["/files/..%2F..%2Fetc%2Fpasswd", "/..data", "/no"]:
            self.assertEqual(self.get(path)[0], 404)

    def resolve(self, node):
        """The part of the specification that a reference names."""
        if "$ref" not in node:
            return node
        found = self.specification
        for name in node["$ref"].split("/")[1:]:
            found = found[name]
        return found


class ManifestTest(unittest.TestCase):
    def setUp(self):
        documents = yaml.safe_load_all((EXAMPLE / "vault-reader.yaml").read_text())
        self.objects = {document["kind"]: document for document in documents}
        self.pod = self.objects["Deployment"]["spec"]["template"]["spec"]

    def test_the_pod_has_no_rights(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertFalse(self.pod["automountServiceAccountToken"])
        for container in self.pod["containers"]:
            context = container["securityContext"]
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertFalse(context["allowPrivilegeEscalation"])
            self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
            self.assertTrue(all(mount["readOnly"] and "subPath" not in mount for mount in container["volumeMounts"]))

    def test_names_fit_together(self):
        provider_class = self.objects["SecretProviderClass"]
        volume = next(volume["csi"] for volume in self.pod["volumes"] if "csi" in volume)
        self.assertEqual(volume["volumeAttributes"]["secretProviderClass"], provider_class["metadata"]["name"])
        self.assertEqual(self.pod["serviceAccountName"], self.objects["ServiceAccount"]["metadata"]["name"])
        seed = yaml.safe_load((EXAMPLE / "emulator.yaml").read_text())
        identity = seed["identities"][0]
        self.assertEqual(provider_class["spec"]["parameters"]["clientID"], identity["clientID"])
        namespace = self.objects["ServiceAccount"]["metadata"]["namespace"]
        self.assertEqual(identity["federatedCredentials"][0]["subject"],
                         f"system:serviceaccount:{namespace}:{self.pod['serviceAccountName']}")

    def test_kustomization(self):
        kustomization = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text())
        generator = kustomization["configMapGenerator"][0]
        self.assertIn(generator["name"], [volume.get("configMap", {}).get("name") for volume in self.pod["volumes"]])
        for file in [*generator["files"], *kustomization["resources"]]:
            self.assertTrue((EXAMPLE / file).is_file(), file)
        command = self.pod["containers"][0]["command"]
        self.assertEqual(pathlib.PurePath(command[-1]).name, "reader.py")


if __name__ == "__main__":
    unittest.main()
