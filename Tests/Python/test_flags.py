"""Tests each flag of `serve` by its effect on the program: `test_NAME` is the test of the flag `--NAME`.

The flags for identities and caches are in test_flags_identity.py and test_flags_cache.py."""

import base64
import json
import pathlib
import re
import signal
import socket
import struct
import unittest

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

import apiserver
import served
import world as w


def bundle():
    """A certificate's secret: a PKCS#12 file whose chain is not sorted."""
    def name(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    certificates = [
        apiserver.certificate(
            name(subject), name(issuer), key, issuer_key, x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()))
        for subject, issuer, key, issuer_key in [
            ("root", "root", keys[0], keys[0]), ("middle", "root", keys[1], keys[0]), ("leaf", "middle", keys[2], keys[1])]]
    root, middle, leaf = certificates
    content = pkcs12.serialize_key_and_certificates(None, keys[2], leaf, [root, middle], NoEncryption())
    return {"id": "https://kv-tests.vault.azure.net/secrets/site/0123456789abcdef0123456789abcdef",
            "value": base64.b64encode(content).decode(), "contentType": "application/x-pkcs12",
            "kid": "https://kv-tests.vault.azure.net/keys/site/0123456789abcdef0123456789abcdef"}


class EveryFlagTest(unittest.TestCase):
    def test_there_is_a_test_for_each(self):
        _, text = served.run("serve", "--help")
        flags = re.findall(r"^  -([a-z0-9-]+)", text, re.MULTILINE)
        self.assertGreater(len(flags), 30)
        files = pathlib.Path(__file__).parent.glob("test_flags*.py")
        tests = re.findall(r"^    def test_(\w+)\(self", "".join(file.read_text() for file in files), re.MULTILINE)
        self.assertEqual([flag for flag in flags if tests.count(flag.replace("-", "_")) != 1], [])


class FlagTest(served.ServedTest):
    BUNDLES = {"secrets/site": bundle()}

    def test_endpoint(self):
        self.world.socket = self.world.directory / "elsewhere.sock"
        self.addCleanup(setattr, self.world, "socket", self.world.directory / "azure.sock")
        self.serve()
        self.assert_mounts()
        self.assertFalse((self.world.directory / "azure.sock").exists())

    def test_status_endpoint(self):
        path = self.world.directory / "elsewhere.status"
        self.serve(f"--status-endpoint=unix://{path}")
        self.assertTrue(path.is_socket())
        self.serve("--status-endpoint=none")
        self.assertFalse(path.exists())

    def test_version(self):
        code, text = served.run("serve", "--version")
        self.assertEqual((code, set(json.loads(text))), (0, {"version", "buildDate"}))

    # The content of mounts.

    def chain(self):
        text = self.mount("site")["site"]
        names = [c.subject.rfc4514_string().split("=")[1] for c in x509.load_pem_x509_certificates(text)]
        self.assertTrue(text.startswith(b"-----BEGIN PRIVATE KEY-----"))
        return names

    def test_construct_pem_chain(self):
        self.serve()
        self.assertEqual(self.chain(), ["leaf", "middle", "root"])
        self.serve("--construct-pem-chain=false")
        self.assertEqual(self.chain(), ["leaf", "root", "middle"])

    def test_write_cert_and_key_in_separate_files(self):
        self.serve()
        self.assertEqual(list(self.mount("site")), ["site"])
        self.serve("--write-cert-and-key-in-separate-files")
        files = self.mount("site")
        self.assertEqual(sorted(files), ["site", "site.crt", "site.key"])
        self.assertTrue(files["site.key"].startswith(b"-----BEGIN PRIVATE KEY-----"))
        self.assertTrue(files["site.crt"].startswith(b"-----BEGIN CERTIFICATE-----"))

    # The endpoints over HTTP.

    def test_healthz_port(self):
        with w.reserved() as port:
            self.serve(f"--healthz-port={port}")
            self.assertEqual(self.get(f"http://127.0.0.1:{port}/healthz"), (200, "ok"))

    def test_healthz_path(self):
        self.serve("--healthz-path=/alive")
        url = f"http://127.0.0.1:{self.world.health_port()}"
        self.assertEqual((self.get(f"{url}/alive")[0], self.get(f"{url}/healthz")[0]), (200, 404))

    def test_healthz_timeout(self):
        self.serve("--healthz-timeout=250ms")
        with served.silence(self.world.socket):
            status, text = self.get(f"http://127.0.0.1:{self.world.health_port()}/healthz")
        self.assertEqual((status, text), (503, "no answer to the health call within 250ms (--healthz-timeout)\n"))

    def assert_only_at(self, address, port):
        socket.create_connection((address, port), timeout=w.DEADLINE).close()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((w.UNUSED_ADDRESS, port), timeout=w.DEADLINE)

    def test_healthz_host(self):
        self.serve("--healthz-host=127.0.0.2")
        self.assert_only_at("127.0.0.2", self.world.health_port())

    def test_metrics_host(self):
        self.serve("--metrics-host=127.0.0.2")
        self.assert_only_at("127.0.0.2", self.world.metrics_port())

    def test_prometheus_port(self):
        with w.reserved() as port:
            self.serve(f"--prometheus-port={port}")
            self.assert_mounts()
            self.assertIn("keyvault_request_count{", self.get(f"http://127.0.0.1:{port}/metrics")[1])

    def test_metrics_backend(self):
        self.serve("--metrics-backend=PROMETHEUS")
        self.end()
        self.assertEqual(self.error("--metrics-backend=StatsD"), "unsupported metrics backend StatsD")

    def test_enable_pprof(self):
        self.serve("--pprof-port=0")
        self.assertEqual(self.logged("debug endpoint"), [])
        self.serve("--enable-pprof", "--pprof-port=0")
        port = self.logged("debug endpoint")[0]["port"]
        self.assertIn("threads: ", self.get(f"http://127.0.0.1:{port}/debug/pprof/threads")[1])

    def test_pprof_port(self):
        with w.reserved() as port:
            self.serve("--enable-pprof", f"--pprof-port={port}")
            self.assertEqual(self.get(f"http://127.0.0.1:{port}/debug/pprof/")[0], 200)

    # The log.

    def test_log_format_json(self):
        self.serve("--log-format-json=false")
        # The socket exists shortly before the log line.
        w.until(lambda: "serving" in self.world.log_path.read_text(), "the line about the start")
        text = self.world.log_path.read_text()
        self.assertNotIn("{", text.splitlines()[-1])

    def test_v(self):
        """A connection to the health endpoint that breaks is logged at the level debug, if the system reports the break."""
        for flags, has_lines in [((), False), (("--v=1",), False), (("--v=2",), True), (("--v=5",), True)]:
            with self.subTest(flags):
                self.serve(*flags)
                for _ in range(20):
                    self.break_off()
                if has_lines:
                    w.until(lambda: self.break_off() or self.logged("connection ended"), "the line")
                self.end()
                self.assertEqual({line["level"] for line in self.logged("connection ended")}, {"debug"} if has_lines else set())

    def break_off(self):
        with socket.create_connection(("127.0.0.1", self.world.health_port())) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b" 200 ", client.recv(100))
            # Closes with a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def test_audit_log(self):
        for extent, lines in [("off", 0), ("changes", 1), ("all", 2)]:
            with self.subTest(extent):
                self.serve(f"--audit-log={extent}")
                self.assert_mounts()
                self.assert_mounts()
                self.assertEqual(len(self.logged("audit")), lines)

    # The stop.

    def stop_during_a_mount(self, metadata, *flags):
        """Sends SIGTERM to the provider while a mount waits for the metadata service."""
        self.serve(*flags, AZURE_POD_IDENTITY_AUTHORITY_HOST=metadata.url)
        call = self.stub().Mount.future(self.request(clientID=None, useVMManagedIdentity="true"), timeout=w.DEADLINE)
        self.assertTrue(metadata.asked.wait(timeout=w.DEADLINE))
        self.provider.send_signal(signal.SIGTERM)
        w.until(lambda: self.logged("stopping"), "the beginning of the stop")
        return call

    def test_drain_timeout(self):
        with served.SlowMetadata(self.world) as metadata:
            call = self.stop_during_a_mount(metadata, "--drain-timeout=1ms")
            self.assertEqual(self.provider.wait(timeout=w.DEADLINE), 0)
            self.assertIsInstance(call.exception(), grpc.RpcError)
        with served.SlowMetadata(self.world) as metadata:
            call = self.stop_during_a_mount(metadata, "--drain-timeout=1h")
            self.assertIsNone(self.provider.poll())
            metadata.released.set()
            self.assertEqual(call.result().files[0].contents, b"plain value")
            self.assertEqual(self.provider.wait(timeout=w.DEADLINE), 0)

    # Connections.

    def user_agent(self, *flags):
        with served.SlowMetadata(self.world) as metadata:
            metadata.released.set()
            self.serve(*flags, AZURE_POD_IDENTITY_AUTHORITY_HOST=metadata.url)
            self.assert_mounts(clientID=None, useVMManagedIdentity="true")
            return metadata.headers["User-Agent"]

    def test_custom_user_agent(self):
        self.assertRegex(self.user_agent(), r"^akv-csi/v[0-9.]+$")
        self.assertRegex(self.user_agent("--custom-user-agent=team (x)"), r"^akv-csi/v[0-9.]+ team \(x\)$")

    def connections(self, *flags):
        """The connections to a vault that has got the requests for all secrets and has not responded."""
        self.end()
        self.controls.call("DELETE", "/faults")
        self.controls.call("DELETE", "/calls")
        self.serve(*flags)
        call = self.hang_vault(*served.SECRETS)
        w.until(lambda: self.calls("vault:kv-tests get") == len(served.SECRETS), "all requests")
        call.cancel()
        return self.calls("tls:kv-tests.vault.azure.net")

    def test_http2(self):
        """The flag of version 0.1 is accepted. Concurrent requests have a connection each, even if the server offers HTTP/2."""
        for flags in [(), ("--http2",), ("--http2=false",)]:
            with self.subTest(flags=flags):
                self.assertEqual(self.connections(*flags), len(served.SECRETS))

    def test_vault_concurrency(self):
        self.serve()
        call = self.hang_vault(*served.SECRETS)
        w.until(lambda: self.calls("vault:kv-tests get", "running") >= len(served.SECRETS), "all requests together")
        call.cancel()
        self.end()
        self.controls.call("DELETE", "/faults")
        self.controls.call("DELETE", "/calls")
        # The emulator may not have noticed yet that the last provider has ended.
        running = self.calls("vault:kv-tests get", "running")
        self.serve("--vault-concurrency=1")
        self.mount(*served.SECRETS)
        self.assertEqual(self.calls("vault:kv-tests get"), len(served.SECRETS))
        self.assertLessEqual(self.calls("vault:kv-tests get", "peak"), running + 1)


if __name__ == "__main__":
    unittest.main()
