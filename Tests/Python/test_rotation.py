"""A failing rotation, which the driver hides, is visible to an operator in the metrics and in the log."""

import re
import subprocess
import time
import unittest

import grpc

import test_debug_endpoint as debug
import world as w


class RotationTest(unittest.TestCase):
    mount = debug.DebugEndpointTest.mount

    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.world.start_provider("--refresh-interval=0")

    def fault(self, *words):
        subprocess.run([w.PROGRAMS / "akv-emulator", "fault", *words, "--directory", self.world.directory / "azure"],
                       check=True, stdout=subprocess.DEVNULL)

    def metric(self, name):
        text = debug.get(self.world.metrics_port(), "/metrics")
        labels = r'namespace="team-a",secret_provider_class=""(?:,code="[a-z-]*")?'
        found = re.search(rf'^{name}{{{labels}}} (\d+)$', text, re.MULTILINE)
        return found and int(found[1])

    def codes(self):
        return [line["code"] for line in self.world.log() if line.get("code", "").startswith("rotation-")]

    def test_begins_and_ends_in_metrics_and_log(self):
        self.assertIsNone(self.metric("akv_csi_mount_failing"))
        begin = int(time.time())
        self.mount()
        self.assertEqual(self.metric("akv_csi_mount_failing"), 0)
        success = self.metric("akv_csi_mount_last_success_timestamp_seconds")
        self.assertTrue(begin <= success <= time.time(), success)
        self.fault("add", "status", "status=403", "target=vault")
        for _ in range(2):
            with self.assertRaises(grpc.RpcError):
                self.mount()
        self.assertEqual(self.metric("akv_csi_mount_failing"), 1)
        self.assertEqual(self.codes(), ["rotation-failing"])
        self.fault("clear")
        self.mount()
        self.assertEqual(self.metric("akv_csi_mount_failing"), 0)
        self.assertEqual(self.codes(), ["rotation-failing", "rotation-recovered"])


if __name__ == "__main__":
    unittest.main()
