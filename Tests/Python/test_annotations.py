"""Clients from the annotations of service accounts, from the driver's call to an API server's HTTPS."""

import json
import re
import unittest

import grpc

import apiserver
import test_debug_endpoint as debug
import world as w

CLIENT, TENANT = "azure.workload.identity/client-id", "azure.workload.identity/tenant-id"


class AnnotationsTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.server = apiserver.APIServer(self.world.directory / "service-account")
        self.addCleanup(self.server.stop)
        self.server.annotate("team-a", "reader", {CLIENT: w.READER, TENANT: w.TENANT})
        # The proxy stays in the environment, but cannot reach an API server.
        self.world.environment |= self.server.environment
        self.pb, self.rpc = w.generated_stubs(self.world.directory)
        self.pods = 0

    def serve(self, *flags):
        self.world.start_provider(f"--service-account-dir={self.server.directory}", *flags)

    def mount(self):
        """Mounts the secret `plain` for a new pod with a class that names neither client nor tenant; the error's text, or None."""
        self.pods += 1
        tokens = {"api://AzureADTokenExchange": {"token": self.world.token(), "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": f"pod-{self.pods}", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/serviceAccount.name": "reader", "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens),
            "secretProviderClass": "payments", "keyvaultName": "kv-tests",
            "objects": "array:\n  - |\n    objectName: plain\n    objectType: secret\n",
        }
        request = self.pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420")
        with grpc.insecure_channel(f"unix://{self.world.socket}") as channel:
            try:
                answer = self.rpc.CSIDriverProviderStub(channel).Mount(request, timeout=w.DEADLINE)
            except grpc.RpcError as error:
                return f"{error.code().name}: {error.details()}"
        self.assertEqual(answer.files[0].contents, b"plain value")
        return None

    def mount_until_asked(self, count):
        """Mounts new pods until the API server has got that number of requests; all mounts must succeed."""
        def asked():
            self.assertIsNone(self.mount())
            return len(self.server.calls) >= count
        w.until(asked, "another request")

    def test_through_changes_of_token_and_authority(self):
        self.serve("--service-account-annotations")
        self.assertIsNone(self.mount())
        path = "/api/v1/namespaces/team-a/serviceaccounts/reader"
        self.assertEqual(self.server.calls, [("GET", path, "Bearer token-1")])
        mounted = next(line for line in self.world.log() if line["msg"] == "mounted")
        self.assertEqual((mounted["client_id"], mounted["client_id_from"]), (w.READER, "service account annotation"))
        self.server.replace_token("token-2")
        self.mount_until_asked(2)
        self.assertEqual(self.server.calls[-1], ("GET", path, "Bearer token-2"))
        self.server.replace_authority()
        self.mount_until_asked(3)
        text = debug.get(self.world.metrics_port(), "/metrics")
        self.assertEqual(re.findall(r'^akv_csi_service_account_reads_total{(.*)} (\d+)$', text, re.MULTILINE), [('result="read"', "3")])
        # A server whose certificate the published authority has not signed gets no token.
        self.server.replace_authority(published=False)
        complaint = w.until(lambda: self.mount() or next((l for l in self.world.log() if l.get("code") == "service-accounts-failing"), None),
                            "the complaint")
        self.assertIn("the API server cannot be reached: TLS", complaint["error"])
        self.assertEqual(len(self.server.calls), 3)

    def test_a_missing_annotation_and_a_missing_rule(self):
        self.serve("--service-account-annotations")
        self.server.temper = 403
        error = self.mount()
        self.assertIn("FAILED_PRECONDITION: ", error)
        self.assertIn('the RBAC rule { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"] }', error)
        self.assertIn("[kubernetes-refused]", error)
        self.server.temper = None
        self.server.annotate("team-a", "reader", {})
        error = w.until(lambda: (found := self.mount()) and "annotation-missing" in found and found, "the missing annotation")
        self.assertIn(f"kubectl annotate serviceaccount reader -n team-a {CLIENT}=CLIENT_ID, or set clientID", error)
        self.assertIn(f"kubectl annotate serviceaccount reader -n team-a {TENANT}=TENANT_ID, or set tenantID", error)

    def test_without_the_flag_the_api_server_gets_no_request(self):
        self.serve()
        self.assertIn("nodePublishSecretRef secret is not set", self.mount())
        self.assertEqual(self.server.calls, [])


class NoClusterTest(unittest.TestCase):
    def test_outside_of_a_cluster_the_flag_is_refused(self):
        world = w.World()
        self.addCleanup(world.stop)
        self.assertEqual(world.start_provider("--service-account-annotations").wait(timeout=w.DEADLINE), 1)
        self.assertIn("service accounts cannot be read: KUBERNETES_SERVICE_HOST is not set", world.log()[-1]["error"])


if __name__ == "__main__":
    unittest.main()
