"""Requests as the drivers from 1.3 to 1.6 and the sync controller send them, in one cluster at the same time.

The differences: `secrets` is the literal null, an empty object, or contains the token. At a rotation, a driver up to 1.5
sends the versions of the pod. The sync controller sends the name of its own pod for all classes.
"""

import json
import unittest

import grpc

import test_provider as p
import world as w

TOKENS = "csi.storage.k8s.io/serviceAccount.tokens"


class DriverVersionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.world.start_provider()
        cls.channel = grpc.insecure_channel(f"unix://{cls.world.socket}")
        cls.addClassCleanup(cls.channel.close)
        cls.stub = cls.rpc.CSIDriverProviderStub(cls.channel)

    def tokens(self, service_account="reader", namespace="team-a"):
        jwt = self.world.token(service_account, namespace)
        return json.dumps({"api://AzureADTokenExchange": {"token": jwt, "expirationTimestamp": "2099-01-01T00:00:00Z"}})

    def mount(self, attributes=None, secrets="null", versions=(), target="/var/lib/kubelet/pods/uid/volumes/mount", tokens=None):
        request = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "reader",
            "csi.storage.k8s.io/ephemeral": "true", "secretProviderClass": "class", TOKENS: tokens or self.tokens(),
            "clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "objects": p.array(p.obj("secret", "shared")), **(attributes or {}),
        }
        request = {key: value for key, value in request.items() if value is not None}
        return self.stub.Mount(self.pb.MountRequest(
            attributes=json.dumps(request), secrets=secrets, permission="420", target_path=target,
            current_object_version=[self.pb.ObjectVersion(id=key, version=version) for key, version in versions]), timeout=w.DEADLINE)

    def assert_complete(self, answer):
        self.assertEqual([(file.path, file.contents) for file in answer.files], [("shared", b"for both teams")])
        self.assertEqual([version.id for version in answer.object_version], ["secret/shared"])
        self.assertTrue(answer.object_version[0].version)

    def test_first_mounts_and_rotations_of_every_driver(self):
        version = self.mount().object_version[0].version
        tokens = self.tokens()
        for name, options in {
            "1.3 to 1.5, first mount": {},
            "1.3 to 1.5, first mount with nodePublishSecretRef": {"secrets": json.dumps({"unrelated": "value"})},
            "1.3 to 1.5, rotation, nothing new": {"secrets": "{}", "versions": [("secret/shared", version)]},
            "1.3 to 1.5, rotation of an old version": {"secrets": "{}", "versions": [("secret/shared", "0" * 32)]},
            "1.3 to 1.5, rotation after an object was added": {"secrets": "{}", "versions": [("secret/other", version)]},
            "1.6, first mount and republish": {"secrets": "null"},
            "1.6, the kubelet puts tokens among the secrets": {"secrets": json.dumps({TOKENS: tokens}), "tokens": tokens},
            "older driver, the kubelet puts tokens among the secrets": {
                "secrets": json.dumps({TOKENS: tokens}), "attributes": {TOKENS: None}},
        }.items():
            with self.subTest(name):
                self.assert_complete(self.mount(**options))

    def controller(self, namespace, account, client):
        """The sync controller sends its own pod for all classes, the token of another pod, and always the same path."""
        return self.mount({
            "csi.storage.k8s.io/pod.name": "secrets-store-sync-controller-0", "csi.storage.k8s.io/pod.uid": "controller",
            "csi.storage.k8s.io/pod.namespace": namespace, "csi.storage.k8s.io/serviceAccount.name": account,
            "csi.storage.k8s.io/ephemeral": None, "secretProviderClass": None, "clientID": client,
        }, target="/mnt/secrets-store", tokens=self.tokens(account, namespace))

    def test_the_sync_controller_next_to_the_driver(self):
        for _ in range(2):
            self.assert_complete(self.controller("team-a", "reader", w.READER))
            self.assert_complete(self.mount())
            self.assert_complete(self.controller("team-b", "stranger", w.STRANGER))

    def test_the_sync_controller_never_gets_the_values_of_another_account(self):
        """One pod and one path with several identities: only the token distinguishes them."""
        self.assert_complete(self.controller("team-a", "reader", w.READER))
        with self.assertRaises(grpc.RpcError) as refused:
            self.controller("team-b", "stranger", w.READER)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
        self.assert_complete(self.controller("team-a", "reader", w.READER))


if __name__ == "__main__":
    unittest.main()
