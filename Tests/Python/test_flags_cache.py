"""Tests the flags of `serve` for caches by counting the calls to Azure: see test_flags.py."""

import unittest

import served

GET = "vault:kv-tests get"
# Retries do not wait.
AT_ONCE = {"retryAfter": "1ms", "notation": "retry-after-ms"}


class CacheFlagTest(served.ServedTest):
    def calls_for_two(self, kind, *flags, **parameters):
        """The number of calls to Azure for two mounts of one volume."""
        self.controls.call("DELETE", "/calls")
        self.serve(*flags)
        self.assert_mounts(**parameters)
        self.assert_mounts(**parameters)
        return self.calls(kind)

    def test_token_cache(self):
        self.assertEqual(self.calls_for_two("entra"), 1)
        self.assertEqual(self.calls_for_two("entra", "--refresh-interval=0"), 1)
        self.assertEqual(self.calls_for_two("entra", "--refresh-interval=0", "--token-cache=false"), 2)

    def test_refresh_interval(self):
        self.assertEqual(self.calls_for_two(GET), 1)
        self.assertEqual(self.calls_for_two(GET, "--refresh-interval=0"), 2)

    def test_refresh_interval_min(self):
        self.assertEqual(self.calls_for_two(GET, "--refresh-interval-min=1h", refreshInterval="1ns"), 1)
        self.assertEqual(self.calls_for_two(GET, "--refresh-interval-min=1ns", refreshInterval="1ns"), 2)

    def test_refresh_interval_max(self):
        self.assertEqual(self.calls_for_two(GET, refreshInterval="1h"), 1)
        self.assertEqual(
            self.calls_for_two(GET, "--refresh-interval-min=1ns", "--refresh-interval-max=1ns", refreshInterval="1h"), 2)

    def test_value_cache_bytes(self):
        self.assertEqual(self.calls_for_two(GET, "--value-cache-bytes=0"), 2)

    def test_stale_if_error(self):
        for flags, is_served in [((), False), (("--stale-if-error=1h",), True)]:
            with self.subTest(flags):
                self.serve("--refresh-interval-min=1ns", *flags)
                self.assert_mounts(refreshInterval="1ns")
                self.fault(kind="status", target="vault", status="503", **AT_ONCE)
                if is_served:
                    self.assert_mounts(refreshInterval="1ns")
                    self.assertEqual(self.logged("mounted")[-1]["stale"], 1)
                else:
                    self.assertIn("[service-unavailable]", self.refusal(refreshInterval="1ns"))
                self.controls.call("DELETE", "/faults")


if __name__ == "__main__":
    unittest.main()
