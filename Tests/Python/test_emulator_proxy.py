"""The emulator's proxy, seen by clients that speak no TLS to what it leads to."""

import socket
import unittest

import world as w


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)

    def tunnel(self, host="kv-tests.vault.azure.net", status=200):
        connection = socket.create_connection(("127.0.0.1", self.world.endpoints["proxyPort"]), timeout=w.DEADLINE)
        self.addCleanup(connection.close)
        connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.assertTrue(head.startswith(f"HTTP/1.1 {status} ".encode()), head)
        return connection

    def test_a_vault_that_does_not_exist_cannot_be_resolved(self):
        self.tunnel("kv-nowhere.vault.azure.net", status=502)

    def test_the_end_of_the_servers_bytes_reaches_the_client(self):
        connection = self.tunnel()
        connection.sendall(b"this is no TLS\r\n\r\n")
        received = b"?"
        while received:
            received = connection.recv(4096)


if __name__ == "__main__":
    unittest.main()
