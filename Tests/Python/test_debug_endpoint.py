"""The pages that --enable-pprof enables: only on loopback, and without secrets."""

import json
import re
import socket
import subprocess
import unittest
import urllib.error
import urllib.request

import grpc

import world as w

PAGES = ["", "heap", "threads", "files", "connections"]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=w.DEADLINE) as answer:
        return answer.read().decode()


class DebugEndpointTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)

    def port(self):
        return [line for line in self.world.log() if line["msg"] == "debug endpoint"][-1]["port"]

    def mount(self):
        """Mounts the secret `plain` and returns the token that the mount used."""
        pb, rpc = w.generated_stubs(self.world.directory)
        token = self.world.token()
        tokens = {"api://AzureADTokenExchange": {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens), "clientID": w.READER,
            "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "objects": "array:\n  - |\n    objectName: plain\n    objectType: secret\n",
        }
        with grpc.insecure_channel(f"unix://{self.world.socket}") as channel:
            answer = rpc.CSIDriverProviderStub(channel).Mount(
                pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420"), timeout=w.DEADLINE)
        self.assertEqual(answer.files[0].contents, b"plain value")
        return token

    def test_pages_help_and_hold_no_secret(self):
        self.world.start_provider("--enable-pprof", "--pprof-port=0")
        token = self.mount()
        pages = {page: get(self.port(), f"/debug/pprof/{page}") for page in PAGES}
        self.assertEqual(get(self.port(), "/debug/pprof").split("\n")[2:], pages[""].split("\n")[2:])
        for page in PAGES[1:]:
            self.assertIn(page, pages[""])
        self.assertRegex(pages["heap"], r"VmRSS:\s+\d+ kB")
        self.assertRegex(pages["heap"], r"Private_Dirty:\s+\d+ kB")
        self.assertRegex(pages["threads"], r"^[1-9]\d* threads: ")
        self.assertRegex(pages["threads"], r"\d+ [RS] \d+ ms akv-csi")
        self.assertRegex(pages["files"], r"^[1-9]\d* open of \d+")
        self.assertRegex(pages["files"], r"\d+ socket\n")
        self.assertIn(f"LISTEN 127.0.0.1:{self.port()}\n", pages["connections"])
        # The kept connection to the vault goes through the proxy.
        self.assertRegex(pages["connections"], rf"ESTABLISHED 127.0.0.1:\d+ -> 127.0.0.1:{self.world.endpoints['proxyPort']}\n")
        # The emulator listens in the same network too, but is not part of the provider.
        self.assertNotIn(f"LISTEN 127.0.0.1:{self.world.endpoints['httpsPort']}", pages["connections"])
        for text in pages.values():
            for secret in [token, token.split(".")[1], "plain value", str(self.world.directory), w.READER]:
                self.assertNotIn(secret, text)
            self.assertIsNone(re.search("eyJ", text))

    def test_loopback_only(self):
        self.world.start_provider("--enable-pprof", "--pprof-port=0")
        get(self.port(), "/debug/pprof/")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((w.UNUSED_ADDRESS, self.port()), timeout=w.DEADLINE)

    def test_off_by_default_and_never_on_other_ports(self):
        self.world.start_provider()
        self.assertNotIn("debug endpoint", [line["msg"] for line in self.world.log()])
        for port in [self.world.metrics_port(), self.world.health_port()]:
            for path in ["/debug/pprof/", "/debug/pprof/heap"]:
                with self.assertRaises(urllib.error.HTTPError) as caught:
                    get(port, path)
                self.assertEqual(caught.exception.code, 404)
                caught.exception.close()

    def test_a_taken_port_is_fatal(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            provider = self.world.start_provider("--enable-pprof", f"--pprof-port={port}")
            self.assertEqual(provider.wait(timeout=w.DEADLINE), 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}", self.world.log()[-1]["error"])
        self.assertFalse(self.world.socket.exists())


if __name__ == "__main__":
    unittest.main()
