"""The emulator's proxy, with clients that do not use TLS to the server behind it."""

import socket
import unittest

import world as w


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.start()

    def start(self, *flags):
        self.world = w.World(flags=flags)
        self.addCleanup(self.world.stop)

    def tunnel(self, host="kv-tests.vault.azure.net", status=200, port=443):
        connection = socket.create_connection(("127.0.0.1", self.world.endpoints["proxyPort"]), timeout=w.DEADLINE)
        self.addCleanup(connection.close)
        connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.assertTrue(head.startswith(f"HTTP/1.1 {status} ".encode()), head)
        return connection

    def test_a_vault_that_does_not_exist_cannot_be_resolved(self):
        self.tunnel("kv-nowhere.vault.azure.net", status=502)

    def test_the_end_of_the_servers_bytes_reaches_the_client(self):
        connection = self.tunnel()
        connection.sendall(b"this is not TLS\r\n\r\n")
        received = b"?"
        while received:
            received = connection.recv(4096)

    def other_host(self):
        """A server that does not belong to Azure, at an address of this machine that the emulator does not use."""
        server = socket.create_server(("127.0.0.2", 0))
        self.addCleanup(server.close)
        return server

    def test_other_hosts_are_connected(self):
        server = self.other_host()
        client = self.tunnel("127.0.0.2", port=server.getsockname()[1])
        accepted, _ = server.accept()
        self.addCleanup(accepted.close)
        client.sendall(b"question")
        self.assertEqual(accepted.recv(100), b"question")
        accepted.sendall(b"response")
        self.assertEqual(client.recv(100), b"response")

    def test_other_hosts_are_refused_on_demand(self):
        server = self.other_host()
        self.start("--other-hosts", "refuse")
        self.tunnel("127.0.0.2", port=server.getsockname()[1], status=403)

    def test_a_host_that_cannot_be_reached(self):
        with w.reserved("127.0.0.2") as port:
            self.tunnel("127.0.0.2", port=port, status=502)

    def test_the_rest_of_azure_is_refused(self):
        for host in ["management.azure.com", "graph.microsoft.com", "account.blob.core.windows.net",
                     "Login.Microsoft.com", "vault.azure.net", "169.254.169.254"]:
            with self.subTest(host):
                self.tunnel(host, status=403)


if __name__ == "__main__":
    unittest.main()
