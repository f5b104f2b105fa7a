"""A node's provider restarts under load, as in a rolling update: no mount may fail."""

import concurrent.futures
import itertools
import json
import signal
import subprocess
import threading
import unittest

import grpc

import test_provider as p
import world as w

PODS = 32
# Exactly the driver's behaviour: it waits for a missing provider, and makes three attempts if the connection breaks.
DRIVER = json.dumps({"methodConfig": [{
    "name": [{"service": "v1alpha1.CSIDriverProvider"}], "waitForReady": True,
    "retryPolicy": {"maxAttempts": 3, "initialBackoff": "1s", "maxBackoff": "10s", "backoffMultiplier": 1.1,
                    "retryableStatusCodes": ["UNAVAILABLE"]},
}]})


class RestartTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.pb, self.rpc = w.generated_stubs(self.world.directory)
        # Mounts are pending when the provider is stopped.
        subprocess.run([w.PROGRAMS / "akv-emulator", "fault", "add", "latency", "target=vault", "delay=200ms",
                        "--directory", self.world.directory / "azure"], check=True, stdout=subprocess.DEVNULL)
        self.world.start_provider()
        self.jwt = self.world.token()
        # One connection for all pods of the node, for the life of the driver.
        self.channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[("grpc.service_config", DRIVER)])
        self.addCleanup(self.channel.close)
        self.stub = self.rpc.CSIDriverProviderStub(self.channel)
        self.numbers = itertools.count()
        self.done = [0] * PODS
        self.ending = threading.Event()

    def mount(self):
        """A new pod's first mount."""
        number = next(self.numbers)
        tokens = {"api://AzureADTokenExchange": {"token": self.jwt, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": f"pod-{number}", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/pod.uid": f"uid-{number}", "csi.storage.k8s.io/serviceAccount.name": "reader",
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens), "clientID": w.READER,
            "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "objects": p.array(p.obj("secret", "plain"), p.obj("secret", "shared")),
        }
        answer = self.stub.Mount(self.pb.MountRequest(
            attributes=json.dumps(attributes), secrets="null", permission="420", target_path=f"/pods/{number}"), timeout=w.DEADLINE)
        self.assertEqual([file.contents for file in answer.files], [b"plain value", b"for both teams"])

    def keep_mounting(self, pod):
        while not self.ending.is_set():
            self.mount()
            self.done[pod] += 1

    def wait_for_a_round(self, running):
        """Waits until each pod has mounted again. The driver makes three attempts, so it survives at most that number of restarts."""
        before = list(self.done)
        w.until(lambda: all(now > then for now, then in zip(self.done, before)) or any(future.done() for future in running),
                "a round of mounts")

    def test_no_mount_is_lost(self):
        with concurrent.futures.ThreadPoolExecutor(PODS) as pods:
            running = [pods.submit(self.keep_mounting, pod) for pod in range(PODS)]
            try:
                # An update, a second update, and a provider that is killed.
                for how in [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL]:
                    self.wait_for_a_round(running)
                    old = self.world.provider
                    old.send_signal(how)
                    self.assertEqual(old.wait(timeout=w.DEADLINE), 0 if how == signal.SIGTERM else -how)
                    self.world.start_provider()
                self.wait_for_a_round(running)
            finally:
                self.ending.set()
            for future in running:
                future.result(timeout=w.DEADLINE)
        failed = [line for line in self.world.log() if line["msg"] == "mount failed"]
        self.assertEqual(failed, [])


if __name__ == "__main__":
    unittest.main()
