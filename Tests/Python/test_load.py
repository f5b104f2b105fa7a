"""More load than a node ever causes, and misbehaving clients, on the provider's real socket."""

import json
import unittest

import grpc

import chaos
import rawhttp2 as http2
import test_provider as p
import world as w

MIB = 1024


class LoadTest(unittest.TestCase):
    request = p.ProviderTest.request

    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.controls = chaos.Controls(cls.world.endpoints["adminPort"])
        cls.controls.call("PUT", "/vaults/kv-tests/secrets/large", b"x" * 100_000)
        cls.world.start_provider()
        cls.jwt = cls.world.token()

    def setUp(self):
        self.channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(self.channel.close)
        self.stub = self.rpc.CSIDriverProviderStub(self.channel)
        self.assert_works()

    def assert_works(self):
        answer = self.stub.Mount(self.request(p.obj("secret", "plain")), timeout=w.DEADLINE)
        self.assertEqual([file.contents for file in answer.files], [b"plain value"])

    def usage(self):
        return chaos.usage(self.world.provider.pid)

    def large(self):
        """A request for 4,000,000 bytes."""
        return self.request(*[p.obj("secret", "large", f"objectAlias: copy-{index}") for index in range(40)])

    def test_250_mounts_at_once(self):
        self.controls.call("POST", "/faults", json.dumps({"kind": "latency", "delay": "20ms"}).encode())
        self.addCleanup(self.controls.call, "DELETE", "/faults")
        before = self.usage()
        calls = []
        for index in range(250):
            request = self.request(p.obj("secret", "plain"), p.obj("secret", "shared"))
            request.target_path = f"/pods/{index}"
            calls.append(self.stub.Mount.future(request, timeout=w.DEADLINE))
        contents = {tuple(file.contents for file in call.result().files) for call in calls}
        after = self.usage()
        self.assertEqual(contents, {(b"plain value", b"for both teams")})
        self.assertLess(after[0], before[0] + 60 * MIB)
        self.assertLess(after[1], before[1] + 16)
        self.assertLess(after[2], before[2] + 60)

    def test_1000_reconnects(self):
        self.assert_works()
        before = self.usage()
        for index in range(1000):
            peer = http2.connect(self.world.socket)
            if index % 4 == 1:
                # The connection ends during the request of a call.
                peer.sendall(http2.call(1, self.request(p.obj("secret", "plain")).SerializeToString())[:-20])
            elif index % 4 == 2:
                # The connection ends during a call.
                peer.sendall(http2.call(1, self.request(p.obj("secret", "plain")).SerializeToString()))
            elif index % 4 == 3:
                http2.read_frame(peer)
            peer.close()
            if index % 100 == 0:
                self.assert_works()
        w.until(lambda: self.usage()[2] <= before[2] + 30, "the descriptors' end")
        after = self.usage()
        self.assertLess(after[0], before[0] + 40 * MIB)
        self.assertLess(after[1], before[1] + 16)
        self.assert_works()

    def test_a_client_that_sends_and_reads_byte_by_byte(self):
        peer = http2.connect(self.world.socket)
        self.addCleanup(peer.close)
        for byte in http2.call(1, self.request(p.obj("secret", "plain")).SerializeToString()):
            peer.sendall(bytes([byte]))
        self.assert_works()
        message = b""
        while b"plain value" not in message:
            message += peer.recv(1)
        self.assert_works()

    def refusal(self):
        """The error for a large volume that has waited for memory until its deadline; None if it ended otherwise."""
        try:
            self.stub.Mount(self.large(), timeout=4)
        except grpc.RpcError as error:
            # On a busy machine the deadline may pass before its turn.
            if "no memory for this volume's content" in error.details():
                return error
        return None

    def test_clients_that_never_read(self):
        before = self.usage()
        request = self.large().SerializeToString()
        for window in [0, 65535, http2.LARGEST_WINDOW]:
            peer = http2.connect(self.world.socket, window)
            for index in range(60):
                peer.sendall(http2.call(1 + 2 * index, request))
            # Small volumes are not delayed.
            for _ in range(5):
                self.assert_works()
            # A large one must wait while the other responses are pending, and gets an error before its caller's
            # deadline.
            error = w.until(self.refusal, "an answer without room")
            self.assertEqual(error.code(), grpc.StatusCode.INTERNAL, error.details())
            during = self.usage()
            # The responses in memory have twice 16 MiB; 60 responses would have 480.
            self.assertLess(during[0], before[0] + 120 * MIB)
            self.assertLess(during[1], before[1] + 16)
            peer.close()
            # The provider works normally after the client has disconnected.
            answer = self.stub.Mount(self.large(), timeout=w.DEADLINE)
            self.assertEqual(sum(len(file.contents) for file in answer.files), 4_000_000)
        self.assert_works()


if __name__ == "__main__":
    unittest.main()
