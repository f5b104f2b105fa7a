"""Every secret is a marker. With success and with every fault, no marker appears outside of the volume."""

import base64
import concurrent.futures
import json
import pathlib
import re
import secrets
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

import grpc
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12)

import world as w
from test_certificate_credential import APPLICATION, pair

# Every fault of the emulator, with a target that it suits.
FAULTS = [
    *[f"{kind} target={target}" for target in ["vault", "entra"] for kind in [
        "hang", "drip delay=300ms size=1", "close", "reset", "reset-after-headers", "half-body", "status status=400",
        "status status=401", "status status=403", "status status=404", "status status=429",
        "status status=500", "html", "html status=200", "redirect", "wrong-content-type", "bad-json", "truncated-json",
        "huge-body", "certificate-expired", "certificate-wrong-name", "certificate-untrusted"]],
    *[f"{kind} target=vault" for kind in [
        "token-rejected", "foreign-challenge", "wrong-vault", "wrong-object", "wrong-type", "wrong-version"]],
    "propagation target=entra", "clock-skew target=entra skew=7200s", "clock-skew target=vault skew=7200s",
    *[f"{kind} target=proxy" for kind in ["status status=407", "status status=502", "reset", "hang"]],
    # Last, because the node sends nothing to a vault that throttles.
    "status status=429 retryAfter=60s target=vault", "status status=429 retryAfter=60s target=entra",
]


# Faults that the provider reports without a retry.
FINAL = ["status status=403 target=vault", "status status=404 target=vault"]

PREFIX = "MARK!"


def marker():
    """A text that is neither base64 nor hexadecimal."""
    return PREFIX + secrets.token_hex(12)


def shapes(text):
    """The forms in which a text could appear: raw, escaped or encoded, complete or in large parts."""
    text = text.removeprefix(PREFIX)
    data = text.encode()
    result = {text, data.hex(), data.hex().upper(), urllib.parse.quote(text)}
    for shift in range(3):
        # In base64, with any text before and after it.
        encoded = base64.b64encode(b"x" * shift + data).decode()
        middle = encoded[4 if shift else 0:].rstrip("=")[:-2]
        result |= {middle, middle.replace("+", "-").replace("/", "_")}
    return {shape for shape in result if len(shape) >= 16}


def leaks(text, markers):
    return [name for name, value in markers.items() for shape in shapes(value) if shape in text]


class NoLeakTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="akv-leak-", dir="/tmp")
        cls.addClassCleanup(directory.cleanup)
        path = pathlib.Path(directory.name)
        cls.markers = {name: marker() for name in [
            "value", "client secret", "wrong client secret", "proxy password", "PFX password", "broken assertion"]}
        key, certificate = pair("application")
        (path / "application.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        sealed = pkcs12.serialize_key_and_certificates(
            b"a", key, certificate, None, BestAvailableEncryption(cls.markers["PFX password"].encode()))
        cls.pem = (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                   + certificate.public_bytes(Encoding.PEM)).decode()
        cls.pfx = base64.b64encode(sealed).decode()
        # Lines from the middle of the key's text.
        cls.markers["client key"] = cls.pem.splitlines()[10]
        cls.markers["PFX"] = cls.pfx[800:850]
        seed = w.SEED.read_text().replace('"plain value"', f'"{cls.markers["value"]}"')
        seed = re.sub(r"clientSecrets: .*", f'clientSecrets: [ "{cls.markers["client secret"]}" ]\n'
                      "    clientCertificates: [ application.pem ]", seed, count=1)
        (path / "azure.yaml").write_text(seed)
        cls.world = w.World(path / "azure.yaml")
        cls.addClassCleanup(cls.world.stop)
        proxy = f"http://user:{cls.markers['proxy password']}@127.0.0.1:{cls.world.endpoints['proxyPort']}"
        cls.world.environment["HTTPS_PROXY"] = proxy
        cls.world.start_provider(
            "-v=5", "--enable-pprof", "--pprof-port=0", "--audit-log=all", "--refresh-interval=0", "--token-cache=false")
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.jwt = cls.world.token()
        cls.markers["assertion"] = cls.jwt.split(".")[1][10:70]
        cls.markers["assertion's signature"] = cls.jwt.split(".")[2][:60]
        channel = grpc.insecure_channel(f"unix://{cls.world.socket}")
        cls.addClassCleanup(channel.close)
        cls.stub = cls.rpc.CSIDriverProviderStub(channel)
        cls.said = []

    def mount(self, objects, jwt=None, credentials=None, timeout=3, **changes):
        """The files, or None after an error. The text of the error is kept."""
        tokens = {"api://AzureADTokenExchange": {"token": jwt or self.jwt, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "reader",
            "secretProviderClass": "tests", "clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens),
            "objects": "array:\n" + "".join(f"  - {json.dumps(item)}\n" for item in objects), **changes,
        }
        if credentials:
            del attributes["clientID"]
        request = self.pb.MountRequest(
            attributes=json.dumps(attributes), secrets=json.dumps(credentials), permission="420", target_path="/unused")
        try:
            answer = self.stub.Mount(request, timeout=timeout)
        except grpc.RpcError as error:
            self.said.append(f"{error.code()} {error.details()}")
            return None
        return {file.path: file.contents.decode() for file in answer.files}

    def ways(self):
        """Mounts with each identity mode that uses a secret."""
        plain = {"objectName": "plain", "objectType": "secret"}
        secret = {"clientid": APPLICATION, "clientsecret": self.markers["client secret"]}
        certificate = {"clientid": APPLICATION, "clientcertificate": self.pem}
        sealed = {"clientid": APPLICATION, "clientcertificate": self.pfx,
                  "clientcertificatepassword": self.markers["PFX password"]}
        return [
            lambda **o: self.mount([plain, {"objectName": "history", "objectType": "secret", "objectVersionHistory": 2}], **o),
            lambda **o: self.mount([plain], credentials=secret, **o),
            lambda **o: self.mount([plain], credentials=certificate, **o),
            lambda **o: self.mount([plain], credentials=sealed, **o),
        ]

    def mistakes(self):
        """Mounts that fail because of an invalid secret or a similar value."""
        broken = self.markers["broken assertion"]
        plain = {"objectName": "plain", "objectType": "secret"}
        wrong = {"clientid": APPLICATION, "clientsecret": self.markers["wrong client secret"]}
        unopened = {"clientid": APPLICATION, "clientcertificate": self.pfx, "clientcertificatepassword": "another"}
        misplaced = {"clientid": APPLICATION, "clientcertificate": self.markers["client secret"]}
        for item in [{**plain, "objectEncoding": "base64"}, {**plain, "objectEncoding": "hex"}]:
            self.mount([item], timeout=w.DEADLINE)
        for credentials in [wrong, unopened, misplaced, {"clientid": APPLICATION, "clientcertificate": self.pem[:900]}]:
            self.mount([plain], credentials=credentials, timeout=w.DEADLINE)
        for jwt in [broken, f"{broken}.{broken}.{broken}", self.jwt[:-10]]:
            self.mount([plain], jwt=jwt, timeout=w.DEADLINE)
        for tokens in [broken, '{"api://AzureADTokenExchange":{"token":"' + broken]:
            self.mount([plain], timeout=w.DEADLINE, **{"csi.storage.k8s.io/serviceAccount.tokens": tokens})

    def emulator(self, *words):
        command = [w.PROGRAMS / "akv-emulator", *words, "--directory", self.world.directory / "azure"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def outputs(self):
        """Everything that the provider has written, by source."""
        log = self.world.log_path.read_text()
        debug = [line for line in self.world.log() if line["msg"] == "debug endpoint"][-1]["port"]
        addresses = {"metrics": f"{self.world.metrics_port()}/metrics", "health": f"{self.world.health_port()}/healthz"}
        for page in ["", "heap", "threads", "files", "connections"]:
            addresses[f"page {page}"] = f"{debug}/debug/pprof/{page}"
        pages = {}
        for name, address in addresses.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{address}", timeout=w.DEADLINE) as answer:
                pages[name] = answer.read().decode()
        values = [str(value) for line in self.world.log() for value in line.values()]
        return {"log": log, "log's values": "\n".join(values), "errors": "\n".join(self.said), **pages}

    def assert_nothing_leaked(self):
        for where, text in self.outputs().items():
            self.assertEqual(leaks(text, self.markers), [], where)
            # Access tokens and assertions, from any issuer.
            self.assertIsNone(re.search(r"eyJ[A-Za-z0-9_-]{8}", text), where)
            self.assertNotIn("PRIVATE KEY", text, where)

    def test_detector(self):
        for text in [self.markers["value"], f"user:{self.markers['value']}", "ab" + self.markers["value"] + "cd"]:
            for form in [text, json.dumps(text), base64.b64encode(text.encode()).decode(),
                         base64.urlsafe_b64encode(text.encode()).decode(), text.encode().hex()]:
                self.assertIn("value", leaks(f"before {form} after", self.markers))

    def test_success_mistakes_and_every_fault(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            def everyone(**options):
                return [future.result() for future in [pool.submit(way, **options) for way in self.ways()]]

            for files in everyone(timeout=w.DEADLINE):
                self.assertEqual(files["plain"], self.markers["value"])
            site = self.mount([{"objectName": "site", "objectType": "secret"}], timeout=w.DEADLINE)["site"]
            self.markers["vault's key"] = site.splitlines()[10]
            self.mistakes()
            self.assertGreaterEqual(len(self.said), 11)
            self.assert_nothing_leaked()
            for fault in FAULTS:
                if "target=proxy" in fault:
                    # The fault strikes only new connections.
                    self.emulator("fault", "add", "reset", "target=any")
                    everyone()
                    self.emulator("fault", "clear")
                with self.subTest(fault):
                    self.emulator("fault", "add", *fault.split())
                    # The provider does not call a vault during the pause that the vault has requested.
                    def strikes():
                        everyone(**({"timeout": w.DEADLINE} if fault in FINAL else {}))
                        return re.search("struck [1-9]", self.emulator("fault", "list"))

                    w.until(strikes, "the fault to strike")
                    self.assert_nothing_leaked()
                self.emulator("fault", "clear")
                if fault == FAULTS[-3]:
                    for files in everyone(timeout=w.DEADLINE):
                        self.assertEqual(files["plain"], self.markers["value"])
        # These faults have reached the provider. For the others, a deadline may pass first on a busy machine.
        codes = {line["code"] for line in self.world.log() if line["msg"] == "mount failed"}
        self.assertLessEqual({"exchange-refused", "vault-forbidden", "object-not-found", "content-invalid", "credentials-invalid",
                              "token-malformed"}, codes)


if __name__ == "__main__":
    unittest.main()
