"""Calls that a driver repeats byte for byte, while something changes that decides on their result."""

import unittest

import grpc

import served
import world as w

GET = "vault:kv-tests get"


def policy(vault):
    return {"apiVersion": "akv-csi/v1", "default": "deny", "rules": [{"name": "one", "keyvaultNames": [vault]}]}


class RepeatedTest(served.ServedTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.control, "PUT", "plain", served.SECRETS["plain"].encode())

    def control(self, method, path, body=b""):
        self.controls.call(method, f"/vaults/kv-tests/secrets/{path}", body)

    def repeat(self, request):
        """The value, or the error's text."""
        try:
            return self.stub().Mount(request, timeout=w.DEADLINE).files[0].contents.decode()
        except grpc.RpcError as error:
            return error.details()

    def assert_repeats(self, request):
        self.assertEqual([self.repeat(request) for _ in range(3)], ["plain value"] * 3)
        self.assertEqual(self.calls(GET), 1)

    def test_the_policy_forbids_it(self):
        file = served.write(self.world.directory / "repeated-policy.json", policy("kv-tests"))
        self.serve(f"--policy={file}")
        request = self.request()
        self.assert_repeats(request)
        served.write(file, policy("kv-other"))
        self.assertIn("[policy-denied]", self.repeat(request))
        self.assertIn("[policy-denied]", self.repeat(request))
        self.assertEqual(self.calls(GET), 1)
        served.write(file, policy("kv-tests"))
        self.assertEqual(self.repeat(request), "plain value")
        self.assertEqual(self.calls(GET), 2)

    def test_its_token_expires(self):
        self.serve()
        for lifetime in [4, 16, 64]:
            request = self.request(token=self.world.token(lifetime=lifetime))
            # On a busy machine a short life may be over by now.
            if self.repeat(request) == "plain value" and self.repeat(request) == "plain value":
                break
        w.until(lambda: "[token-expired]" in self.repeat(request), "the end of the token")
        self.assertEqual(self.calls(GET), 1)
        self.assertEqual(self.repeat(self.request()), "plain value")

    def test_its_object_is_changed_disabled_and_enabled(self):
        self.serve("--refresh-interval-min=1ns")
        request = self.request(refreshInterval="1s")
        self.assertEqual(self.repeat(request), "plain value")
        self.control("PUT", "plain", b"rotated")
        w.until(lambda: self.repeat(request) == "rotated", "the new value")
        self.control("POST", "plain/disable")
        w.until(lambda: "[object-disabled]" in self.repeat(request), "the refusal of the disabled object")
        self.assertIn("[object-disabled]", self.repeat(request))
        self.control("POST", "plain/enable")
        self.assertEqual(self.repeat(request), "rotated")

    def test_another_pods_token_asks_for_the_same_volume(self):
        self.serve()
        own, stranger = self.request(), self.request(token=self.world.token("stranger", namespace="team-b"))
        self.assert_repeats(own)
        for _ in range(2):
            self.assertIn("[exchange-refused]", self.repeat(stranger))
            self.assertEqual(self.repeat(own), "plain value")
        self.assertEqual(self.calls(GET), 1)

    def test_a_token_for_another_audience_asks_for_the_same_volume(self):
        self.serve()
        own, other = self.request(), self.request(token=self.world.token(audience="api://AKSIdentityBinding"))
        self.assert_repeats(own)
        self.assertIn("[token-audience]", self.repeat(other))
        self.assertEqual(self.repeat(own), "plain value")


if __name__ == "__main__":
    unittest.main()
