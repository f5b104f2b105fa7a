"""The provider's user agent, received by a fake metadata service."""

import http.server
import json
import threading
import unittest

import grpc

import world as w


class Recorder(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class UserAgentTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        self.server.seen = []
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.world.environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = f"http://127.0.0.1:{self.server.server_port}/"

    def headers(self, *flags):
        """The request that a mount with the node's identity sends to the metadata service."""
        self.world.start_provider(*flags)
        pb, rpc = w.generated_stubs(self.world.directory)
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "useVMManagedIdentity": "true", "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "objects": "array:\n  - |\n    objectName: plain\n    objectType: secret\n",
        }
        with grpc.insecure_channel(f"unix://{self.world.socket}") as channel, self.assertRaises(grpc.RpcError) as caught:
            rpc.CSIDriverProviderStub(channel).Mount(
                pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420"), timeout=w.DEADLINE)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
        path, headers = self.server.seen[-1]
        self.assertTrue(path.startswith("/metadata/identity/oauth2/token?"))
        self.assertEqual(headers["Metadata"], "true")
        return headers

    def test_by_default(self):
        self.assertRegex(self.headers()["User-Agent"], r"^akv-csi/v[0-9.]+$")

    def test_the_flag_custom_user_agent_adds_its_text(self):
        agent = self.headers("--custom-user-agent=team (x; y)")["User-Agent"]
        self.assertRegex(agent, r"^akv-csi/v[0-9.]+ team \(x; y\)$")

    def test_characters_that_a_header_cannot_contain_are_removed(self):
        agent = self.headers("--custom-user-agent", "a\r\nInjected: b\u00e9\t")["User-Agent"]
        self.assertRegex(agent, r"^akv-csi/v[0-9.]+ aInjected: b$")


if __name__ == "__main__":
    unittest.main()
