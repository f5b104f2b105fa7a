"""The provider with Python's gRPC, which has its own protobuf and HTTP/2."""

import concurrent.futures
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import world as w

# With one of these codes the kubelet would start the pod with an empty volume.
FORBIDDEN = {grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE,
             grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED}


def obj(kind, name, *rest):
    return "\n".join([f"objectName: {name}", f"objectType: {kind}", *rest])


def array(*objects):
    indented = ["  - |\n" + "".join(f"    {line}\n" for line in text.splitlines()) for text in objects]
    return "array:\n" + "".join(indented)


class ProviderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.world.start_provider()
        cls.jwt = cls.world.token()

    def setUp(self):
        self.channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 500)])
        self.addCleanup(self.channel.close)
        self.stub = self.rpc.CSIDriverProviderStub(self.channel)

    def request(self, *objects, jwt=None, **changes):
        tokens = {"api://AzureADTokenExchange": {"token": jwt or self.jwt, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "reader",
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens), "clientID": w.READER,
            "keyvaultName": "kv-tests", "tenantID": w.TENANT, "objects": array(*objects), **changes,
        }
        return self.pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420",
                                    target_path="/unused")

    def mount(self, *objects, **changes):
        return self.stub.Mount(self.request(*objects, **changes), timeout=w.DEADLINE)

    def assert_works(self):
        answer = self.mount(obj("secret", "plain"))
        self.assertEqual([(f.path, f.mode, f.contents) for f in answer.files], [("plain", 0o644, b"plain value")])

    def test_version(self):
        answer = self.stub.Version(self.pb.VersionRequest(version="v1alpha1"), timeout=w.DEADLINE)
        self.assertEqual(answer.version, "v1alpha1")
        self.assertEqual(answer.runtime_name, "secrets-store-csi-driver-provider-azure")
        self.assertRegex(answer.runtime_version, r"^v\d+\.\d+\.\d+")

    def test_health(self):
        stub = health_pb2_grpc.HealthStub(self.channel)
        for service in ["", "v1alpha1.CSIDriverProvider"]:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=w.DEADLINE)
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING)

    def test_log_lines_are_json_whatever_a_class_says(self):
        for vault in ["-0x11", "-01", "1.5", "0.50", "1e10", "007"]:
            with self.assertRaises(grpc.RpcError):
                self.mount(obj("secret", "plain"), keyvaultName=vault)
        self.assertIn("-0x11", [line.get("vault") for line in self.world.log()])

    def test_healthz(self):
        port = self.world.health_port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=w.DEADLINE) as answer:
            self.assertEqual((answer.status, answer.read()), (200, b"ok"))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/other", timeout=w.DEADLINE)
        self.assertEqual(caught.exception.code, 404)

    def test_metrics(self):
        self.assert_works()
        with self.assertRaises(grpc.RpcError):
            self.mount(obj("secret", "absent"))
        with urllib.request.urlopen(f"http://127.0.0.1:{self.world.metrics_port()}/metrics", timeout=w.DEADLINE) as answer:
            self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
            lines = answer.read().decode().splitlines()
        common = 'service_name="csi-secrets-store-provider-azure",provider="azure",os_type="linux"'
        for name, labels in [
                ("keyvault_request", 'object_type="secret",object_name="plain",error=""'),
                ("keyvault_request", 'object_type="secret",object_name="absent",error="object-not-found"'),
                ("grpc_request", 'grpc_method="/v1alpha1.CSIDriverProvider/Mount",grpc_code="OK",grpc_message=""'),
                ("grpc_request", 'grpc_method="/v1alpha1.CSIDriverProvider/Mount",grpc_code="NotFound",grpc_message="object-not-found"')]:
            count = [line for line in lines if line.startswith(f"{name}_count{{{common},{labels}}}")]
            self.assertEqual(len(count), 1, labels)
            self.assertGreaterEqual(int(count[0].split()[-1]), 1)
            buckets = [line for line in lines if line.startswith(f"{name}_bucket{{{common},{labels},le=")]
            self.assertEqual([line.split('le="')[1].split('"')[0] for line in buckets],
                             "0.001 0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.3 0.4 0.5 1 1.5 2 2.5 3 5 10 15 30 +Inf".split())

    def test_mount(self):
        answer = self.mount(obj("secret", "plain"), obj("secret", "umlaut", "filePermission: 0400"),
                            obj("cert", "site"), obj("key", "p256"))
        self.assertEqual([f.path for f in answer.files], ["plain", "umlaut", "site", "p256"])
        self.assertEqual([f.mode for f in answer.files], [0o644, 0o400, 0o644, 0o644])
        self.assertEqual(answer.files[1].contents.decode(), "Grüße, 世界 🔑\n")
        self.assertEqual([v.id for v in answer.object_version], ["secret/plain", "secret/umlaut", "cert/site", "key/p256"])
        self.assertFalse(answer.HasField("error"))

    def test_refusal_then_success(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.mount(obj("secret", "absent"))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        self.assertIn("SecretNotFound", caught.exception.details())
        self.assert_works()

    def test_110_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(110) as pool:
            answers = list(pool.map(lambda _: self.mount(obj("secret", "plain"), obj("secret", "shared")), range(110)))
        self.assertEqual({a.files[1].contents for a in answers}, {b"for both teams"})

    def test_client_that_leaves_midway(self):
        for _ in range(20):
            call = self.stub.Mount.future(self.request(obj("secret", "plain")), timeout=w.DEADLINE)
            call.cancel()
        self.assert_works()

    def test_answer_too_large(self):
        name = "large"
        subprocess.run([w.PROGRAMS / "akv-emulator", "set", "--directory", self.world.directory / "azure", "kv-tests",
                        name, "x" * 100_000], check=True, capture_output=True)
        with self.assertRaises(grpc.RpcError) as caught:
            self.mount(*[obj("secret", name, f"objectAlias: copy-{index}") for index in range(42)])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INTERNAL)
        self.assertIn("4194304", caught.exception.details())
        self.assert_works()

    def test_garbage_on_the_socket(self):
        for garbage in [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 1000, os.urandom(4096), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + os.urandom(500)]:
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(w.DEADLINE)
                peer.connect(str(self.world.socket))
                try:
                    peer.sendall(garbage)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(4096):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
        self.assert_works()

    def test_socket_belongs_to_its_owner_alone(self):
        mode = self.world.socket.stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(mode & 0o077, 0)

    def test_no_secret_in_the_log(self):
        self.assert_works()
        text = self.world.log_path.read_text()
        self.assertNotIn("plain value", text)
        self.assertNotIn("eyJ", text)


class LifeCycleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)

    def setUp(self):
        self.channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 500)])
        self.addCleanup(self.channel.close)
        self.stub = self.rpc.CSIDriverProviderStub(self.channel)

    def version(self):
        return self.stub.Version(self.pb.VersionRequest(version="v1alpha1"), timeout=w.DEADLINE, wait_for_ready=True)

    def terminate(self):
        self.world.provider.send_signal(signal.SIGTERM)
        return self.world.provider.wait(timeout=w.DEADLINE)

    def test_a_connection_works_again_after_a_restart(self):
        self.world.start_provider()
        self.version()
        self.assertEqual(self.terminate(), 0)
        self.assertFalse(self.world.socket.exists())
        waiting = concurrent.futures.ThreadPoolExecutor(1).submit(self.version)
        self.world.start_provider()
        self.assertEqual(waiting.result(timeout=w.DEADLINE).version, "v1alpha1")
        self.assertEqual(self.terminate(), 0)

    def test_healthz_fails_when_the_socket_is_removed(self):
        self.world.start_provider()
        url = f"http://127.0.0.1:{self.world.health_port()}/healthz"
        with urllib.request.urlopen(url, timeout=w.DEADLINE) as answer:
            self.assertEqual(answer.read(), b"ok")
        self.world.socket.unlink()

        def refusal():
            """The text of the 503. The answer before it is cached for a second."""
            try:
                urllib.request.urlopen(url, timeout=w.DEADLINE).close()
            except urllib.error.HTTPError as error:
                with error:
                    self.assertEqual(error.code, 503)
                    return error.read().decode()
            return None

        self.assertIn("azure.sock", w.until(refusal, "the answer 503"))
        self.assertEqual(self.terminate(), 0)

    def test_a_signal_directly_after_the_socket_exists_stops_the_provider_in_order(self):
        for _ in range(10):
            self.world.start_provider()
            self.assertEqual(self.terminate(), 0)
            self.assertFalse(self.world.socket.exists())

    def test_restart_after_a_crash(self):
        self.world.start_provider()
        self.world.provider.kill()
        self.world.provider.wait()
        self.assertTrue(self.world.socket.exists(), "a crash leaves the socket file")
        self.world.start_provider()
        self.version()
        self.assertEqual(self.terminate(), 0)

    def test_second_instance_is_refused(self):
        first = self.world.start_provider()
        second = self.world.start_provider()
        self.assertEqual(second.wait(timeout=w.DEADLINE), 1)
        self.assertIn("another process is listening", self.world.log()[-1]["error"])
        self.version()
        first.terminate()
        self.assertEqual(first.wait(timeout=w.DEADLINE), 0)

    def test_other_files_are_left_alone(self):
        self.world.socket.write_text("precious")
        self.assertEqual(self.world.start_provider().wait(timeout=w.DEADLINE), 1)
        self.assertIn("is not a socket", self.world.log()[-1]["error"])
        self.assertEqual(self.world.socket.read_text(), "precious")
        self.world.socket.unlink()


if __name__ == "__main__":
    unittest.main()
