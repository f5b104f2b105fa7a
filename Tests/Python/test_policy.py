"""The operator's policy in the running process: refusals, a change, and an invalid change."""

import json
import unittest

import grpc

import test_debug_endpoint as debug
import world as w


def policy(*vaults):
    rule = {"name": "one", "namespaces": ["team-*"], "keyvaultNames": list(vaults)}
    return json.dumps({"apiVersion": "akv-csi/v1", "default": "deny", "rules": [rule]})


class PolicyTest(unittest.TestCase):
    mount = debug.DebugEndpointTest.mount

    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.file = self.world.directory / "policy.json"

    def metric(self):
        text = debug.get(self.world.metrics_port(), "/metrics")
        return next((line.split()[1] for line in text.splitlines() if line.startswith("akv_csi_policy_valid ")), None)

    def test_in_force_from_the_next_mount_on(self):
        self.file.write_text(policy("kv-other"))
        self.world.start_provider(f"--policy={self.file}")
        with self.assertRaises(grpc.RpcError) as caught:
            self.mount()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
        self.assertIn("rule one permits keyvaultName kv-other, not kv-tests", caught.exception.details())
        self.assertIn("[policy-denied]", caught.exception.details())
        self.assertIn(str(self.file), caught.exception.details())
        self.file.write_text(policy("kv-tests"))
        self.mount()
        self.assertEqual(self.metric(), "1")
        self.file.write_text(policy("kv-tests")[:-1])
        self.mount()
        self.assertEqual(self.metric(), "0")
        self.assertEqual([line["level"] for line in self.world.log() if line.get("code") == "policy-invalid"], ["error"])
        audit = [(line["result"], line.get("policy_rule")) for line in self.world.log() if line["msg"] == "audit"]
        self.assertEqual(audit, [("policy-denied", None), ("ok", "one")])

    def test_without_a_policy_the_log_says_that_everything_is_allowed(self):
        self.world.start_provider()
        self.mount()
        self.assertEqual(len([line for line in self.world.log() if line.get("code") == "policy-absent"]), 1)
        self.assertIsNone(self.metric())


if __name__ == "__main__":
    unittest.main()
