"""A provider that stops while a client reads the last responses slowly."""

import select
import signal
import time
import unittest

import rawhttp2 as http2
import test_provider as p
import world as w


class StopTest(unittest.TestCase):
    request = p.ProviderTest.request

    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.pb, _ = w.generated_stubs(self.world.directory)
        self.world.start_provider()
        self.jwt = self.world.token()

    def test_lets_answers_be_read_before_it_hangs_up(self):
        peer = http2.connect(self.world.socket, window=http2.LARGEST_WINDOW)
        self.addCleanup(peer.close)
        peer.sendall(http2.call(1, self.request(p.obj("secret", "plain")).SerializeToString()))
        w.until(lambda: [line for line in self.world.log() if line["msg"] == "mounted"], "the mount")
        # Clients have five seconds for reading.
        end = time.monotonic() + 5
        self.world.provider.send_signal(signal.SIGTERM)
        w.until(lambda: [line for line in self.world.log() if line["msg"] == "stopping"], "the beginning of the stop")
        # A client that writes to a broken connection may close it, and lose the response that it has not read.
        hangs_up = select.poll()
        hangs_up.register(peer, select.POLLRDHUP)
        hung_up = hangs_up.poll(500)
        if time.monotonic() < end:
            self.assertEqual(hung_up, [])
        frames = []
        with self.assertRaises(ConnectionError):
            while True:
                frames.append(http2.read_frame(peer))
        self.assertTrue([payload for kind, _, stream, payload in frames
                         if kind == http2.DATA and stream == 1 and b"plain value" in payload])
        self.assertEqual(self.world.provider.wait(timeout=w.DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
