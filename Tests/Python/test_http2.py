"""HTTP/2 to Entra and the vaults: where they offer it, over one connection each, and not where it is switched off."""

import json
import unittest
import urllib.request

import grpc

import chaos
import test_provider as p
import world as w

GET = "vault:kv-tests get"
HANDSHAKE = "tls:kv-tests.vault.azure.net"
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
        calls = chaos.Controls(self.world.endpoints["adminPort"])

        def counts(kind):
            return calls.call("GET", "/calls")["classes"].get(kind, {"calls": 0, "running": 0})

        self.world.start_provider(*provider_flags)
        self.jwt = self.world.token()
        with grpc.insecure_channel(f"unix://{self.world.socket}") as channel:
            stub = rpc.CSIDriverProviderStub(channel)
            request = self.request(*(p.obj("secret", name) for name in SECRETS))
            calls.call("POST", "/faults", json.dumps({"kind": "hang", "target": "vault"}).encode())
            # All requests are on their way at once, because none is answered.
            waiting = stub.Mount.future(request, timeout=w.DEADLINE)
            w.until(lambda: counts(GET)["running"] == len(SECRETS), "all requests")
            handshakes = counts(HANDSHAKE)["calls"]
            waiting.cancel()
            calls.call("DELETE", "/faults")
            answer = stub.Mount(request, timeout=w.DEADLINE)
        self.assertEqual([file.contents.decode() for file in answer.files], SECRETS)
        return handshakes

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
