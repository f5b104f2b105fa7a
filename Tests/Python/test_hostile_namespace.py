"""A namespace's user attacks the node: while pods of one namespace mount everything that its user could write, those of another are
served in time, and the provider stays small, healthy and able to stop.

It runs in a cgroup with the chart's memory limit if the machine allows that; otherwise it says so and checks only the peak."""

import base64
import itertools
import json
import os
import pathlib
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

import apiserver
import chaos
import hostile_classes as hostile
import world as w

READER = "11111111-aaaa-4aaa-8aaa-00000000000e"
# The limit of the chart. A mount's time also depends on the machine, so the median may be a
# multiple of that of an idle provider, and a single mount a multiple of the median's bound.
MEMORY = 128 << 20
SECONDS, BASELINES, OUTLIER = 1, 20, 8
LOG_BYTES = 64 << 10
# The maximum length of a log line about one delivered object.
RECORD_BYTES = 2 << 10
STOP_SECONDS = 5
PODS = 3
# The victim's objects. Each mount uses others.
SECRETS = 3000


def pfx(rounds):
    """A PKCS#12 file with this number of rounds of key derivation."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site")])
    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(rounds).build(b"\0")
    return base64.b64encode(pkcs12.serialize_key_and_certificates(
        None, key, apiserver.certificate(name, name, key, key), None, encryption)).decode()


def seed():
    def bundle(name, rounds):
        base = f"https://{hostile.VAULT}.vault.azure.net"
        return {"path": f"secrets/{name}", "body": json.dumps({
            "id": f"{base}/secrets/{name}/{'0' * 32}", "kid": f"{base}/keys/{name}/{'0' * 32}", "value": pfx(rounds),
            "contentType": "application/x-pkcs12"})}

    def identity(name, client, namespace):
        return {"name": name, "clientID": client, "tenantID": w.TENANT,
                "federatedCredentials": [{"subject": f"system:serviceaccount:{namespace}:user"}]}

    def vault(name, who, secrets, bundles=()):
        return {"name": name, "tenantID": w.TENANT, "access": [{"identity": who, "role": "Key Vault Secrets User"}],
                "secrets": [{"name": key, "value": value} for key, value in secrets.items()], "bundles": list(bundles)}

    document = json.dumps({"a": "A" * 20_000})
    return {
        "identities": [identity("hostile", hostile.CLIENT, "hostile"), identity("victim", READER, "victim")],
        "vaults": [
            vault(hostile.VAULT, "hostile", {"plain": "x", "document": document, **{f"secret-{n}": "x" for n in range(100)}},
                  [bundle("slow", 600_000), bundle("site", 2000)]),
            vault(hostile.VICTIM_VAULT, "victim", {f"s{n}": f"s{n}" for n in range(SECRETS)})]}


class MemoryLimit:
    """A cgroup for one process, or none if the machine does not allow it."""

    def __init__(self, limit):
        self.path = None
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, own = line.split(":", 2)
            root, file = (pathlib.Path("/sys/fs/cgroup"), "memory.max") if not controllers else (
                pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes")
            if controllers not in ("", "memory"):
                continue
            path = root / own.lstrip("/") / f"akv-csi-{os.getpid()}-{random.getrandbits(32):x}"
            try:
                path.mkdir()
                try:
                    (path / file).write_text(str(limit))
                    self.path = path
                    return
                except OSError:
                    path.rmdir()
            except OSError:
                continue
        print("NO CGROUP WITH A MEMORY LIMIT CAN BE MADE HERE: the memory is judged by its peak alone", file=sys.stderr)

    def add(self, pid):
        if self.path:
            (self.path / "cgroup.procs").write_text(str(pid))

    def close(self):
        if self.path:
            self.path.rmdir()


@unittest.skipUnless(w.PROGRAMS.name == "release", "it judges the time and the memory of the program as it ships")
class HostileNamespaceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir="/tmp") as file:
            json.dump(seed(), file)
            file.flush()
            cls.world = w.World(seed=file.name)
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.controls = chaos.Controls(cls.world.endpoints["adminPort"])
        cls.tokens = {name: cls.world.token("user", name) for name in ("hostile", "victim")}

    def setUp(self):
        limit = MemoryLimit(MEMORY)
        self.world.log_path = self.world.directory / f"{self._testMethodName}.log"
        self.world.socket = self.world.directory / f"{self._testMethodName[:20]}.sock"
        self.provider = self.world.start_provider("--refresh-interval-min=1ns")
        self.addCleanup(limit.close)
        self.addCleanup(self.provider.wait, w.DEADLINE)
        self.addCleanup(self.provider.kill)
        limit.add(self.provider.pid)
        # One connection for all pods of the node, as in the driver.
        channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)])
        self.addCleanup(channel.close)
        self.stub = self.rpc.CSIDriverProviderStub(channel)
        self.numbers, self.secrets = itertools.count(), itertools.count()
        self.health = f"http://127.0.0.1:{self.world.health_port()}/healthz"
        self.baseline = statistics.median(self.victim_mount() for _ in range(10))

    # Mounts.

    def request(self, namespace, parameters, name):
        tokens = {"api://AzureADTokenExchange": {"token": self.tokens[namespace], "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        client, vault = {"hostile": (hostile.CLIENT, hostile.VAULT), "victim": (READER, hostile.VICTIM_VAULT)}[namespace]
        number = next(self.numbers)
        attributes = {
            "csi.storage.k8s.io/pod.name": f"{name}-{number}", "csi.storage.k8s.io/pod.namespace": namespace,
            "csi.storage.k8s.io/pod.uid": f"uid-{number}", "csi.storage.k8s.io/serviceAccount.name": "user",
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens), "secretProviderClass": "payments",
            "clientID": client, "keyvaultName": vault, "tenantID": w.TENANT, **parameters}
        return self.pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420",
                                    target_path=f"/pods/{namespace}/{number}")

    def victim_mount(self):
        """The seconds that a new pod of the victim waits for its volume, without cached values."""
        names = [f"s{next(self.secrets) % SECRETS}" for _ in range(3)]
        parameters = {"objects": hostile.array([hostile.flow(hostile.base(objectName=name)) for name in names])}
        request = self.request("victim", parameters, "victim")
        begin = time.monotonic()
        answer = self.stub.Mount(request, timeout=w.DEADLINE)
        self.assertEqual([file.contents for file in answer.files], [name.encode() for name in names])
        return time.monotonic() - begin

    def attack(self, classes, pods, victims=10):
        """Mounts the classes in turn by `pods` pods, while the victim mounts. Ends when each pod and each class have had a
        mount that ended, and the victim has reached its number of mounts. Returns the victim's seconds."""
        ending, lock, turns, ended, running = threading.Event(), threading.Lock(), itertools.count(), set(), {}

        def pod(number):
            while not ending.is_set():
                with lock:
                    turn = next(turns)
                request = self.request("hostile", classes[turn % len(classes)], "hostile")
                running[number] = call = self.stub.Mount.future(request, timeout=w.DEADLINE)
                if ending.is_set():
                    call.cancel()
                try:
                    call.result()
                except (grpc.RpcError, grpc.FutureCancelledError):
                    # Refused as expected, or cancelled at the end of the attack.
                    pass
                ended.add(turn)

        threads = [threading.Thread(target=pod, args=(number,)) for number in range(pods)]
        for thread in threads:
            thread.start()
        try:
            w.until(lambda: len(running) == pods, "the attack")
            seconds = []
            while len(seconds) < victims or not set(range(max(pods, len(classes)))) <= ended:
                seconds.append(self.victim_mount())
                self.assertEqual(self.get(self.health), "ok")
                self.assertIsNone(self.provider.poll(), "the provider has ended")
            return seconds
        finally:
            ending.set()
            for call in list(running.values()):
                call.cancel()
            for thread in threads:
                thread.join()

    @staticmethod
    def get(url):
        """The text of a response or of a refusal."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=w.DEADLINE) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return f"{error.code}: {error.read().decode()}"

    # The checks.

    def judge(self, seconds):
        bound = max(SECONDS, BASELINES * self.baseline)
        median = statistics.median(seconds)
        self.assertLessEqual(median, bound, f"the victim's mounts took {[round(each, 2) for each in seconds]} s")
        self.assertLessEqual(max(seconds), OUTLIER * bound, f"the victim's mounts took {[round(each, 2) for each in seconds]} s")

    def judge_memory(self):
        status = pathlib.Path(f"/proc/{self.provider.pid}/status").read_text()
        peak = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) << 10
        self.assertLess(peak, MEMORY, f"the provider had {peak >> 20} MiB")

    def judge_log(self):
        """The log lines of a mount have the same call id. The audit log has a line for each delivered object."""
        bytes_of, records = {}, [0]
        for text in self.world.log_path.read_bytes().split(b"\n")[:-1]:
            line = json.loads(text)
            if line["msg"] == "audit" and line["result"] == "ok":
                records.append(len(text))
            elif line.get("pod", "").startswith("hostile/"):
                bytes_of[line["call"]] = bytes_of.get(line["call"], 0) + len(text)
        self.assertGreater(len(bytes_of), 0)
        self.assertLess(max(bytes_of.values()), LOG_BYTES)
        self.assertLess(max(records), RECORD_BYTES)

    def judge_stop(self):
        begin = time.monotonic()
        self.provider.send_signal(signal.SIGTERM)
        self.assertEqual(self.provider.wait(timeout=w.DEADLINE), 0)
        self.assertLess(time.monotonic() - begin, max(STOP_SECONDS, BASELINES * self.baseline))

    def survive(self, attacks, pods=PODS):
        for name, classes in attacks.items():
            with self.subTest(name):
                self.judge(self.attack(classes, pods))
        with self.subTest("memory"):
            self.judge_memory()
        with self.subTest("log"):
            self.judge_log()
        with self.subTest("stop"):
            self.judge_stop()

    # The attacks.

    def test_every_setting(self):
        self.survive(hostile.of_every_setting())

    def test_classes_that_once_stopped_a_node(self):
        self.survive(hostile.of_old_faults())

    def test_forbidden_objects_of_the_victims_vault(self):
        self.controls.call("POST", "/faults", json.dumps([{"kind": "latency", "target": "vault", "delay": "50ms"}]).encode())
        self.addCleanup(self.controls.call, "DELETE", "/faults")
        self.baseline = statistics.median(self.victim_mount() for _ in range(10))
        self.survive({"40 pods": [hostile.forbidden()]}, pods=40)

    def test_many_mounts_at_a_slow_vault(self):
        fault = {"kind": "latency", "target": "vault", "delay": "20ms"}
        self.controls.call("POST", "/faults", json.dumps([fault]).encode())
        self.addCleanup(self.controls.call, "DELETE", "/faults")
        self.baseline = statistics.median(self.victim_mount() for _ in range(10))
        self.survive({
            "small classes": [hostile.missing()],
            "classes of 1 MB": [hostile.missing(default="A" * 900)]}, pods=100)

    def test_many_classes_do_not_hide_the_victims_failure(self):
        self.victim_mount()
        calls = [self.stub.Mount.future(self.request("hostile", {"secretProviderClass": f"c{n}"}, "hostile"), timeout=w.DEADLINE)
                 for n in range(1500)]
        for call in calls:
            call.exception()
        parameters = {"objects": hostile.array([hostile.flow(hostile.base(objectName="s0"))]), "secretProviderClass": "mine",
                      "refreshInterval": "1ns"}
        request = self.request("victim", parameters, "victim")
        self.stub.Mount(request, timeout=w.DEADLINE)
        self.controls.call("POST", "/faults", json.dumps([{"kind": "status", "status": "403", "target": "vault"}]).encode())
        self.addCleanup(self.controls.call, "DELETE", "/faults")
        with self.assertRaises(grpc.RpcError):
            self.stub.Mount(request, timeout=w.DEADLINE)
        failing = [line for line in self.world.log() if line.get("code") == "rotation-failing"]
        self.assertEqual([line["secret_provider_class"] for line in failing], ["mine"])
        metrics = self.get(f"http://127.0.0.1:{self.world.metrics_port()}/metrics")
        self.assertIn('akv_csi_mount_failing{namespace="victim",secret_provider_class="mine",code="', metrics)


if __name__ == "__main__":
    unittest.main()
