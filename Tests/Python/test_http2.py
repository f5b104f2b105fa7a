"""HTTP/2 to Entra and the vaults: where they offer it, over one connection each, and not where it is switched off."""

import json
import subprocess
import unittest
import urllib.request

import grpc

import test_provider as p
import world as w

SECRETS = [f"burst-{number}" for number in range(12)]


class HTTP2Test(unittest.TestCase):
    request = p.ProviderTest.request

    def handshakes(self, *provider_flags, emulator_flags=("--http2",)):
        """TLS handshakes with the vault, for a first mount of many objects."""
        self.world = w.World(flags=emulator_flags)
        self.addCleanup(self.world.stop)
        self.pb, rpc = w.generated_stubs(self.world.directory)
        controls = f"http://127.0.0.1:{self.world.endpoints['adminPort']}"
        for name in SECRETS:
            urllib.request.urlopen(urllib.request.Request(
                f"{controls}/vaults/kv-tests/secrets/{name}", method="PUT", data=name.encode())).close()
        # So that all requests are under way at once.
        subprocess.run([w.PROGRAMS / "akv-emulator", "fault", "add", "latency", "target=vault", "delay=200ms",
                        "--directory", self.world.directory / "azure"], check=True, stdout=subprocess.DEVNULL)
        self.world.start_provider(*provider_flags)
        self.jwt = self.world.token()
        with grpc.insecure_channel(f"unix://{self.world.socket}") as channel:
            answer = rpc.CSIDriverProviderStub(channel).Mount(
                self.request(*(p.obj("secret", name) for name in SECRETS)), timeout=w.DEADLINE)
        self.assertEqual([file.contents.decode() for file in answer.files], SECRETS)
        with urllib.request.urlopen(f"{controls}/calls") as calls:
            classes = json.load(calls)["classes"]
        self.assertEqual(classes["vault:kv-tests get"]["calls"], len(SECRETS))
        self.assertGreater(classes["vault:kv-tests get"]["peak"], 1)
        return classes["tls:kv-tests.vault.azure.net"]["calls"]

    def test_takes_one_connection(self):
        # Requests wait a second for the first connection. On a busy machine it may take longer, and then each
        # makes its own.
        w.until(lambda: self.handshakes() == 1, "a burst over one connection")

    def test_is_left_alone_where_it_is_switched_off(self):
        self.assertGreater(self.handshakes("--http2=false"), 1)

    def test_is_not_needed(self):
        self.assertGreater(self.handshakes(emulator_flags=()), 1)


if __name__ == "__main__":
    unittest.main()
