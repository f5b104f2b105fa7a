"""Tests the flags of `serve` for clouds, identities and the cluster: see test_flags.py."""

import unittest

import apiserver
import served
import world as w

CLIENT = "azure.workload.identity/client-id"


class CloudFlagTest(served.ServedTest):
    def setUp(self):
        super().setUp()
        self.cloud = served.write(self.world.directory / "clouds/stack.json", served.PRIVATE_CLOUD)
        self.private = {"cloudName": "AzureStackCloud", "cloudEnvFileName": str(self.cloud)}

    def vaults(self):
        return [line["vault_host"] for line in self.logged("audit")]

    def test_cloud_name(self):
        self.serve("--cloud-name=AzureStackCloud", AZURE_ENVIRONMENT_FILEPATH=str(self.cloud))
        self.assert_mounts()
        self.assert_mounts(cloudName="AzurePublicCloud")
        self.assertEqual(self.vaults(), ["kv-tests.vault.localhost", "kv-tests.vault.azure.net"])

    def test_cloud_env_dirs(self):
        for flags in [], [f"--cloud-env-dirs=/nowhere:{self.cloud.parent}"]:
            self.serve(*flags)
            self.assert_mounts(**self.private)
            self.assertEqual(self.vaults(), ["kv-tests.vault.localhost"])
        self.serve("--cloud-env-dirs=/nowhere")
        self.assertIn("the operator allows cloudEnvFileName in /nowhere only", self.refusal(**self.private))

    def test_policy(self):
        file = served.write(self.world.directory / "policy.json", {
            "apiVersion": "akv-csi/v1", "default": "deny",
            "rules": [{"name": "one", "namespaces": ["team-a"], "objectNames": ["plain"]}]})
        self.serve(f"--policy={file}")
        self.assert_mounts()
        self.assertIn("rule one permits objectName plain, not a", self.refusal("a"))


class NodeFlagTest(served.ServedTest):
    def setUp(self):
        super().setUp()
        self.flags = {
            "token-proxy-url": f"https://127.0.0.1:{self.world.endpoints['httpsPort']}/token-proxy",
            "sni-name": served.TOKEN_PROXY, "token-proxy-ca-file": self.world.directory / "azure/ca.pem"}
        self.audience = "api://AKSIdentityBinding"

    def bound(self, **changes):
        """Mounts with an identity binding; the error's text, or None."""
        flags = self.flags | {name.replace("_", "-"): value for name, value in changes.items()}
        self.serve(*[f"--{name}={value}" for name, value in flags.items() if value is not None])
        parameters = {"token": self.world.token(audience=self.audience), "audience": self.audience,
                      "useAzureTokenProxy": "true", "clientID": served.BOUND}
        if changes:
            return self.refusal(**parameters)
        self.assert_mounts(**parameters)
        return None

    def test_token_proxy_url(self):
        self.assertIsNone(self.bound())
        with w.reserved() as port:
            url = f"https://127.0.0.1:{port}/token-proxy"
            self.assertIn("the cluster's token proxy cannot be reached", self.bound(token_proxy_url=url))

    def test_sni_name(self):
        self.assertIn("it does not name wrong.example", self.bound(sni_name="wrong.example"))

    def test_token_proxy_ca_file(self):
        empty = served.write(self.world.directory / "empty.crt", "")
        self.assertIn(f"no valid certificates found in {empty}", self.bound(token_proxy_ca_file=empty))

    def test_nmi_endpoint(self):
        port = self.world.endpoints["nodePort"]
        self.serve(f"--nmi-endpoint=http://127.0.0.1:{port}")
        self.assert_mounts(usePodIdentity="true")
        self.assertEqual(self.calls("nmi"), 1)


class ClusterFlagTest(served.ServedTest):
    def setUp(self):
        super().setUp()
        self.server = apiserver.APIServer(self.world.directory / self._testMethodName)
        self.addCleanup(self.server.stop)
        self.server.annotate("team-a", "reader", {CLIENT: w.READER})

    def serve_in_cluster(self, *flags):
        self.serve(f"--service-account-dir={self.server.directory}", *flags, **self.server.environment)

    def test_service_account_annotations(self):
        self.serve_in_cluster()
        self.assertIn("nodePublishSecretRef secret is not set", self.refusal(clientID=None))
        self.serve_in_cluster("--service-account-annotations")
        self.assert_mounts(clientID=None)
        self.assertEqual([call[:2] for call in self.server.calls],
                         [("GET", "/api/v1/namespaces/team-a/serviceaccounts/reader")])

    def test_service_account_dir(self):
        self.serve("--service-account-annotations", "--service-account-dir=/nowhere", **self.server.environment)
        self.assertIn("/nowhere/token cannot be read (no such file or directory)", self.refusal(clientID=None))
        self.assertEqual(self.server.calls, [])
        self.serve_in_cluster("--service-account-annotations")
        self.assert_mounts(clientID=None)
        self.assertEqual(self.server.calls[0][2], "Bearer token-1")

    def test_events(self):
        for flags, reasons in [((), []), (("--events",), ["MountRotationFailed"])]:
            with self.subTest(flags):
                self.serve_in_cluster("--refresh-interval=0", *flags)
                self.assert_mounts()
                self.fault(kind="status", target="vault", status="403")
                self.assertIn("[vault-forbidden]", self.refusal())
                self.controls.call("DELETE", "/faults")
                if reasons:
                    w.until(self.server.found, "the event")
                self.end()
                self.assertEqual([event["reason"] for event in self.server.found()], reasons)


if __name__ == "__main__":
    unittest.main()
