"""The errors of `akv-csi serve` when it cannot start, in upstream's words if upstream has an error for the case."""

import json
import socket
import subprocess
import tempfile
import unittest

import world as w


def serve(*flags, **environment):
    """Runs `serve` with a configuration that cannot work, and returns its exit code and its output."""
    with tempfile.TemporaryDirectory(prefix="akv-start-", dir="/tmp") as directory:
        endpoint = f"-endpoint=unix://{directory}/azure.sock"
        result = subprocess.run(
            [w.PROGRAMS / "akv-csi", "serve", endpoint, "-healthz-port=0", "-prometheus-port=0", "-healthz-host=127.0.0.1",
             "-metrics-host=127.0.0.1", *flags],
            env=environment, capture_output=True, text=True, timeout=w.DEADLINE, check=False)
    return result.returncode, result.stdout, result.stderr


class StartTest(unittest.TestCase):
    def test_an_invalid_configuration_is_fatal(self):
        for flags, environment, words in [
            (["--endpoint=udp://:7777"], {}, "invalid endpoint: udp://:7777"),
            (["--endpoint=unix://"], {}, "invalid endpoint: unix://"),
            (["--metrics-backend=StatsD"], {}, "unsupported metrics backend StatsD"),
            (["--cloud-name=Nowhere"], {}, "failed validating default cloud environment"),
            (["--cloud-name=AzureStackCloud"], {}, "open : no such file or directory"),
            (["--cloud-name=AzureStackCloud"], {"AZURE_ENVIRONMENT_FILEPATH": "/nowhere/cloud.json"},
             "open /nowhere/cloud.json: no such file or directory"),
            (["--token-proxy-url=http://proxy.example"], {}, "invalid token-proxy-url"),
            (["--token-proxy-url=https://user:word@proxy.example"], {}, "invalid token-proxy-url"),
            (["--token-proxy-url=https://proxy.example/?query"], {}, "invalid token-proxy-url"),
            (["--healthz-port=70000"], {}, "invalid healthz-port: 70000"),
            (["--pprof-port=-1"], {}, "invalid pprof-port: -1"),
            (["--audit-log=loud"], {}, "invalid audit-log: loud, must be off, changes or all"),
            (["--policy=/nowhere/policy.yaml"], {}, "/nowhere/policy.yaml: the file cannot be read"),
            ([f"--policy={w.SEED}"], {}, 'azure.yaml:2: "clusterIssuer" is not a key of a policy'),
            ([], {"HTTPS_PROXY": "socks5://user:hidden-word@proxy.example"}, "only http is supported"),
        ]:
            with self.subTest(words):
                code, _, said = serve(*flags, **environment)
                self.assertEqual(code, 1, said)
                self.assertIn(words, json.loads(said.splitlines()[-1])["error"])
                self.assertNotIn("hidden-word", said)
                self.assertNotIn("user:word", said)

    def test_taken_ports_are_fatal(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            for flag in ["healthz-port", "prometheus-port"]:
                with self.subTest(flag):
                    code, _, said = serve(f"--{flag}={port}")
                    self.assertEqual(code, 1, said)
                    self.assertIn(f"cannot listen on 127.0.0.1:{port}", said)

    def test_flags_fail_as_go_has_it(self):
        for flags, words in [(["--no-such-flag"], "flag provided but not defined: -no-such-flag"),
                             (["--healthz-timeout=soon"], 'invalid value "soon" for flag -healthz-timeout')]:
            with self.subTest(words):
                code, _, said = serve(*flags)
                self.assertEqual(code, 2)
                self.assertIn(words, said)

    def test_version_is_json(self):
        code, said, _ = serve("--version")
        self.assertEqual(code, 0)
        self.assertEqual(set(json.loads(said)), {"version", "buildDate"})


if __name__ == "__main__":
    unittest.main()
