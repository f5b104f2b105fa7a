"""The emulator's proxy, seen by clients that speak no TLS to what it leads to."""

import socket
import unittest

import world as w


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)

    def tunnel(self):
        connection = socket.create_connection(("127.0.0.1", self.world.endpoints["proxyPort"]), timeout=w.DEADLINE)
        self.addCleanup(connection.close)
        connection.sendall(b"CONNECT kv-tests.vault.azure.net:443 HTTP/1.1\r\nHost: kv-tests.vault.azure.net\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        return connection

    def test_the_end_of_the_servers_bytes_reaches_the_client(self):
        connection = self.tunnel()
        connection.sendall(b"this is no TLS\r\n\r\n")
        received = b"?"
        while received:
            received = connection.recv(4096)


if __name__ == "__main__":
    unittest.main()
