"""Events on pods, from the provider's process to an API server's HTTPS: changing tokens and authorities, refusals, and a slow server."""

import calendar
import re
import time
import unittest

import grpc

import apiserver
import test_debug_endpoint as debug
import test_rotation as rotation
import world as w


class EventsTest(unittest.TestCase):
    mount = debug.DebugEndpointTest.mount
    fault = rotation.RotationTest.fault

    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.server = apiserver.APIServer(self.world.directory / "service-account")
        self.addCleanup(self.server.stop)
        # The proxy stays in the environment, but cannot reach an API server.
        self.world.environment |= self.server.environment
        self.world.start_provider("--refresh-interval=0", "--events", f"--service-account-dir={self.server.directory}")
        self.mount()

    def break_rotation(self):
        self.fault("add", "status", "status=403", "target=vault")
        with self.assertRaises(grpc.RpcError):
            self.mount()

    def mend_rotation(self):
        self.fault("clear")
        self.mount()

    def events(self, reason, count=1):
        return w.until(lambda: [e for e in self.server.found() if e["reason"] == reason and e["count"] == count], reason)

    def results(self):
        text = debug.get(self.world.metrics_port(), "/metrics")
        return {name: int(n) for name, n in re.findall(r'^akv_csi_events_total{result="(.*)"} (\d+)$', text, re.MULTILINE)}

    def complaints(self):
        return [line for line in self.world.log() if line.get("code") == "events-failing"]

    def test_through_changes_of_token_and_authority(self):
        begin = int(time.time())
        self.break_rotation()
        event = self.events("MountRotationFailed")[0]
        self.assertEqual(event["involvedObject"]["name"], "pod")
        self.assertEqual(event["metadata"]["namespace"], "team-a")
        self.assertEqual(event["source"]["host"], "node-1")
        self.assertIn("[vault-forbidden]", event["message"])
        first = calendar.timegm(time.strptime(event["firstTimestamp"], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertTrue(begin <= first <= time.time(), event["firstTimestamp"])
        self.server.replace_token("token-2")
        self.mend_rotation()
        self.events("MountRotationComplete")
        self.server.replace_authority()
        self.break_rotation()
        self.events("MountRotationFailed", count=2)
        self.assertEqual([call[0] for call in self.server.calls], ["POST", "POST", "PATCH"])
        self.assertEqual(self.complaints(), [])
        # A server whose certificate the published authority has not signed gets no token.
        self.server.replace_authority(published=False)
        calls = len(self.server.calls)
        self.mend_rotation()
        complaint = w.until(self.complaints, "the complaint")[0]
        self.assertIn("the API server cannot be reached: TLS", complaint["error"])
        self.assertEqual(len(self.server.calls), calls)
        self.server.publish_authority()
        self.events("MountRotationComplete", count=2)

    def test_a_refused_token_is_read_again(self):
        # The kubelet replaces the token during the first call.
        self.server.on_next_call = lambda: self.server.replace_token("token-2")
        self.break_rotation()
        self.events("MountRotationFailed")
        self.assertEqual([call[2] for call in self.server.calls], ["Bearer token-1", "Bearer token-2"])
        self.assertEqual(self.complaints(), [])

    def test_a_slow_server_does_not_delay_mounts(self):
        self.server.temper = "slow"
        self.break_rotation()
        w.until(lambda: self.server.calls, "the first try")
        rounds = 0

        def passes():
            """Whether a mount that succeeds again and one that fails again end without another call. A mount that waited
            for the server would end with a call of its own. The provider repeats the first call every few seconds."""
            nonlocal rounds
            rounds += 1
            calls = len(self.server.calls)
            self.mend_rotation()
            self.break_rotation()
            return len(self.server.calls) == calls

        w.until(passes, "mounts that do not wait for the server")
        # The provider cancels the request and retries it.
        w.until(lambda: len(self.server.calls) > 1, "the second try")
        self.assertIn("no response within 5.0 s", self.complaints()[0]["error"])
        self.server.temper = None
        self.server.released.set()
        self.events("MountRotationFailed", count=1 + rounds)

    def test_a_missing_rule_is_named_and_the_events_dropped(self):
        self.server.temper = 403
        self.break_rotation()
        w.until(lambda: self.results() == {"dropped-forbidden": 1}, "the drop")
        self.mend_rotation()
        self.assertEqual(len(self.complaints()), 1)
        self.assertIn('{ apiGroups: [""], resources: ["events"], verbs: ["create"] }', self.complaints()[0]["error"])
        self.assertEqual(self.complaints()[0]["level"], "error")


class NoEventsTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)

    def test_outside_of_a_cluster_the_flag_is_refused(self):
        self.assertEqual(self.world.start_provider("--events").wait(timeout=w.DEADLINE), 1)
        self.assertIn("KUBERNETES_SERVICE_HOST is not set", self.world.log()[-1]["error"])


if __name__ == "__main__":
    unittest.main()
