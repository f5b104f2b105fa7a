"""The endpoints for probes and scrapes while another client of the cluster holds thousands of connections open."""

import http.client
import pathlib
import resource
import socket
import unittest

import chaos
import world as w

CONNECTIONS = 9000
# The limit of each endpoint, and the number of connections that the system may have accepted before the provider sees them.
LIMIT, ON_THE_WAY = 64, 32
MIB = 1024


class EndpointsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, CONNECTIONS + 1000), hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start_provider("--enable-pprof", "--pprof-port=0")

    def ask(self, port, path, source):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=w.DEADLINE, source_address=(source, 0))
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.world.provider.pid}/fd").iterdir()))

    def test_idle_connections_leave_room_for_probes(self):
        debug = [line for line in self.world.log() if line["msg"] == "debug endpoint"][-1]["port"]
        for port, path in [(self.world.health_port(), "/healthz"), (self.world.metrics_port(), "/metrics"),
                           (debug, "/debug/pprof/")]:
            with self.subTest(path):
                self.assertEqual(self.ask(port, path, "127.0.0.1"), 200)
                before, descriptors = chaos.usage(self.world.provider.pid), self.descriptors()
                held = []
                self.addCleanup(lambda held=held: [peer.close() for peer in held])
                for number in range(CONNECTIONS):
                    held.append(socket.create_connection(("127.0.0.1", port), timeout=w.DEADLINE))
                    if number % 500 == 0:
                        # The kubelet has its own address. Another pod may have the same address as the prober.
                        self.assertEqual([self.ask(port, path, source) for source in ("127.0.0.2", "127.0.0.1")], [200, 200])
                w.until(lambda: self.descriptors() <= descriptors + LIMIT + ON_THE_WAY, "the connections' end")
                self.assertEqual(self.ask(port, path, "127.0.0.2"), 200)
                self.assertLess(chaos.usage(self.world.provider.pid)[0], before[0] + 16 * MIB)
                for peer in held:
                    peer.close()

    def test_a_client_that_keeps_many_connections_loses_its_own(self):
        """A scraper's connection stays open when another address opens more connections than the limit."""
        port = self.world.metrics_port()
        scraper = http.client.HTTPConnection("127.0.0.1", port, timeout=w.DEADLINE, source_address=("127.0.0.2", 0))
        self.addCleanup(scraper.close)
        scraper.request("GET", "/metrics")
        own = scraper.sock
        self.assertEqual(len(scraper.getresponse().read()) > 0, True)
        held = [socket.create_connection(("127.0.0.1", port), timeout=w.DEADLINE) for _ in range(2 * LIMIT)]
        self.addCleanup(lambda: [peer.close() for peer in held])
        # The first connections are closed to make room for the last ones.
        for peer in held[:LIMIT]:
            self.assertEqual(peer.recv(1), b"")
        scraper.request("GET", "/metrics")
        self.assertIs(scraper.sock, own)
        self.assertEqual(scraper.getresponse().status, 200)


if __name__ == "__main__":
    unittest.main()
