"""The emulator's addresses: Entra, the vaults and the proxy listen at the address of --listen, the controls on loopback."""

import signal
import ssl
import socket
import unittest
import urllib.error
import urllib.request

import world as w


def connects(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as client:
        return client.connect_ex((address, port)) == 0


class ListenTest(unittest.TestCase):
    def start(self, *flags):
        world = w.World(flags=flags)
        self.addCleanup(world.stop)
        return world

    def status(self, world, proxy):
        """The vault's response to a request without a token, through the proxy."""
        context = ssl.create_default_context(cafile=world.environment["SSL_CERT_FILE"])
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": f"http://{proxy}:{world.endpoints['proxyPort']}"}),
            urllib.request.HTTPSHandler(context=context))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            opener.open(f"{w.VAULT_URL}/secrets/plain?api-version=7.4", timeout=w.DEADLINE)
        return refused.exception.code

    def test_only_loopback_without_the_flag_listen(self):
        world = self.start()
        for name in ["httpsPort", "proxyPort", "adminPort", "nodePort"]:
            self.assertTrue(connects("127.0.0.1", world.endpoints[name]))
            self.assertFalse(connects(w.UNUSED_ADDRESS, world.endpoints[name]))
        self.assertEqual(self.status(world, "127.0.0.1"), 401)

    def test_only_the_services_of_azure_listen_on_other_addresses(self):
        for listen, reached, others in [("0.0.0.0", "127.0.0.4", ["127.0.0.1"]), ("127.0.0.4", "127.0.0.4", []),
                                        ("::", "::1", ["127.0.0.1"]), ("::1", "::1", [])]:
            if ":" in listen and not socket.has_dualstack_ipv6():
                continue
            with self.subTest(listen):
                world = self.start(f"--listen={listen}")
                for address in [reached, *others]:
                    self.assertTrue(connects(address, world.endpoints["httpsPort"]))
                    self.assertEqual(self.status(world, f"[{address}]" if ":" in address else address), 401)
                # The controls do not need a password, and the services of a node give tokens to every client.
                for name in ["adminPort", "nodePort"]:
                    self.assertTrue(connects("127.0.0.1", world.endpoints[name]))
                    self.assertFalse(connects(reached, world.endpoints[name]))

    def test_other_machines_cannot_reach_other_hosts(self):
        """An open proxy would give them access to this machine's network."""
        with socket.create_server(("127.0.0.9", 0)) as other:
            target = f"127.0.0.9:{other.getsockname()[1]}"
            for flags, status in [([], b"200"), (["--listen=0.0.0.0"], b"403"), (["--listen=0.0.0.0", "--other-hosts=connect"], b"403"),
                                  (["--other-hosts=refuse"], b"403"), (["--listen=127.0.0.2"], b"200")]:
                with self.subTest(flags):
                    world = self.start(*flags)
                    address = "127.0.0.2" if "--listen=127.0.0.2" in flags else "127.0.0.1"
                    with socket.create_connection((address, world.endpoints["proxyPort"]), timeout=w.DEADLINE) as client:
                        client.sendall(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
                        self.assertEqual(client.recv(4096).split(b" ")[1], status)

    def test_signals_end_it_in_order(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            world = self.start()
            world._emulator.send_signal(number)
            self.assertEqual(world._emulator.wait(timeout=w.DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
