"""Bytes that a driver never sends, on the provider's real socket."""

import json
import random
import unittest

import grpc

import world as w

# With one of these codes the kubelet would start the pod with an empty volume.
FORBIDDEN = {grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE,
             grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED}


class ForeignBytesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.world.start_provider()

    def setUp(self):
        self.channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[
            ("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(self.channel.close)
        self.call = self.channel.unary_unary("/v1alpha1.CSIDriverProvider/Mount")

    def refusal(self, message):
        with self.assertRaises(grpc.RpcError) as caught:
            self.call(message, timeout=w.DEADLINE)
        self.assertNotIn(caught.exception.code(), FORBIDDEN)
        return caught.exception

    def test_bytes_that_are_not_a_message(self):
        chance = random.Random(1)
        attributes = {"csi.storage.k8s.io/pod.name": "pod", "keyvaultName": "kv-tests", "objects": "array: []"}
        valid = self.pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420",
                                     target_path="/unused").SerializeToString()
        for _ in range(300):
            message = bytearray(valid)
            for _ in range(chance.randrange(1, 20)):
                message[chance.randrange(len(message))] = chance.randrange(256)
            self.refusal(bytes(message[:chance.randrange(len(message) + 1)]))
            self.refusal(chance.randbytes(chance.randrange(200)))
        # A field's number that never ends, a length beyond the end, a field of an unknown type: no handler sees them.
        for message in [b"\xff", b"\x0a\x7f{}", b"\x0a\xff\xff\xff\xff\x0f{}", b"\x0f", b"\x00\x00"]:
            error = self.refusal(message)
            self.assertEqual((error.code(), error.details()),
                             (grpc.StatusCode.INTERNAL, "the request is not a MountRequest"))

    def test_fields_of_other_protocol_versions_are_ignored(self):
        message = self.pb.MountRequest(attributes="{}", secrets="null", permission="420", target_path="/unused")
        known = self.refusal(message.SerializeToString()).details()
        # Fields of all wire types, and a known field with another type.
        for field in [b"\x30\x96\x01", b"\x31" + bytes(8), b"\x35" + bytes(4), b"\x3a\x02xx", b"\x3b\x3c", b"\x08\x01"]:
            self.assertEqual(self.refusal(field + message.SerializeToString() + field).details(), known)
        # If a field appears twice, the last one counts.
        self.assertEqual(self.refusal(b"\x0a\x01[" + message.SerializeToString()).details(), known)

    def test_request_beyond_the_limit(self):
        # The larger one exceeds the size of a class, a pod and a Secret together, with every byte escaped.
        for mebibytes in [8, 28]:
            message = self.pb.MountRequest(attributes="{}" + " " * (mebibytes << 20), secrets="null", permission="420")
            error = self.refusal(message.SerializeToString())
            self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertIn("at most 8388608 are read", error.details())


if __name__ == "__main__":
    unittest.main()
