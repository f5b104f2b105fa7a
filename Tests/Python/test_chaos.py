"""Random mounts of many tenants while all kinds of faults strike around the provider.

AKV_CHAOS_SECONDS is the duration, and AKV_CHAOS_SEED repeats the choices; the seed is printed."""

import json
import os
import random
import signal
import sys
import threading
import time
import unittest

import grpc

import chaos
import world as w
from test_provider import FORBIDDEN, array, obj

SECONDS = float(os.environ.get("AKV_CHAOS_SECONDS", "20"))
SEED = int(os.environ.get("AKV_CHAOS_SEED", "0")) or random.SystemRandom().randint(1, 1 << 30)
WORKERS = 8
# The provider uses half of this time, so a call that uses all of it hangs.
PATIENCE = 12


class ChaosTest(unittest.TestCase):
    def setUp(self):
        print(f"chaos: seed {SEED}, {SECONDS:g} s; again with AKV_CHAOS_SEED={SEED}", file=sys.stderr)

    def test_no_mount_gets_a_wrong_result_during_chaos(self):
        seed = w.tempfile.NamedTemporaryFile(suffix=".yaml", dir="/tmp", delete=False).name
        self.addCleanup(os.unlink, seed)
        chaos.write_seed(seed)
        self.world = w.World(seed=seed)
        self.addCleanup(self.world.stop)
        self.pb, self.rpc = w.generated_stubs(self.world.directory)
        self.controls = chaos.Controls(self.world.endpoints["adminPort"])
        self.history = chaos.History()
        self.problems, self.restarts, self.counts = [], [], {}
        self.lock = threading.Lock()
        self.tokens = [self.token(tenant) for tenant in range(chaos.TENANTS)]
        self.start_provider()

        self.end = time.monotonic() + SECONDS
        workers = [threading.Thread(target=self.mounts, args=(index,)) for index in range(WORKERS)]
        others = [threading.Thread(target=run) for run in (self.faults, self.rotations)]
        for thread in workers + others:
            thread.start()
        self.restart_provider_at(self.end - SECONDS * 0.75, signal.SIGTERM)
        self.restart_provider_at(self.end - SECONDS * 0.6, signal.SIGKILL)
        self.restart_backend_at(self.end - SECONDS * 0.45)
        time.sleep(min(3, SECONDS * 0.1))
        before = chaos.usage(self.world.provider.pid)
        for thread in workers + others:
            thread.join(timeout=SECONDS + 60)
            self.assertFalse(thread.is_alive(), "a mount hangs")
        after = chaos.usage(self.world.provider.pid)

        self.controls.call("DELETE", "/faults")
        for tenant in range(chaos.TENANTS):
            # The mount is retried, as by the kubelet, because a refusal by Entra is cached for a short time.
            w.until(lambda: self.mount(tenant, tenant, chaos.secrets(tenant), f"last-{tenant}"), "a mount after the faults")
        calls = self.controls.call("GET", "/calls")["classes"]
        print(f"chaos: {self.counts}, usage (KiB, threads, files) {before} then {after}", file=sys.stderr)
        self.assertEqual(self.problems[:5], [])
        self.assertFalse([name for name in calls if "attacker" in name], "a foreign host was asked for")
        self.assertGreater(self.counts.get("OK", 0), chaos.TENANTS)
        self.assertLess(after[0], before[0] * 1.5 + 40_000)
        self.assertLess(after[1], before[1] + 16)
        # At most twenty connections for each of three vaults and Entra, and those of mounts.
        self.assertLess(after[2], before[2] + 80)

    def start_provider(self):
        self.world.start_provider("-refresh-interval", f"{chaos.INTERVAL}s", "-refresh-interval-min", "1s")

    def token(self, tenant):
        body = json.dumps({"spec": {"expirationSeconds": 86_400}}).encode()
        answer = self.controls.call("POST", f"/api/v1/namespaces/ns-{tenant}/serviceaccounts/sa/token", body)
        return answer["status"]["token"]

    # The events around the provider.

    def faults(self):
        dice = random.Random(SEED)
        while time.monotonic() < self.end:
            self.controls.call("POST", "/faults", json.dumps(chaos.draw_fault(dice)).encode())
            time.sleep(dice.uniform(0.05, 0.4))
            # Sometimes a time without faults, so that mounts succeed in between.
            if dice.random() < 0.15:
                self.controls.call("DELETE", "/faults")
                time.sleep(0.5)

    def rotations(self):
        dice = random.Random(SEED + 1)
        while time.monotonic() < self.end:
            tenant = dice.randrange(chaos.TENANTS)
            self.history.rotate(self.controls, tenant, dice.choice(chaos.secrets(tenant)))
            time.sleep(dice.uniform(0.05, 0.3))

    def restart_provider_at(self, moment, how):
        time.sleep(max(0, moment - time.monotonic()))
        restart = [time.monotonic(), float("inf")]
        with self.lock:
            self.restarts.append(restart)
        self.world.provider.send_signal(how)
        self.world.provider.wait(timeout=60)
        self.world.socket.unlink(missing_ok=True)
        self.start_provider()
        # Clients see the change a little later.
        restart[1] = time.monotonic() + 1

    def restart_backend_at(self, moment):
        time.sleep(max(0, moment - time.monotonic()))
        with self.history.lock, self.controls.lock:
            begin = time.monotonic()
            self.world.restart_emulator()
            self.history.forget(begin)
            # As with another cluster: the tokens that pods still have are not valid any more.
            self.tokens = [self.token(tenant) for tenant in range(chaos.TENANTS)]

    # The actions of pods.

    def mounts(self, index):
        dice = random.Random(SEED + 100 + index)
        while time.monotonic() < self.end:
            tenant = dice.randrange(chaos.TENANTS)
            owner = dice.randrange(chaos.TENANTS) if dice.random() < 0.25 else tenant
            names = chaos.secrets(owner)
            chosen = dice.sample(names, dice.randint(1, len(names)))
            uid = f"{index}-{dice.getrandbits(64):x}"
            self.mount(tenant, owner, chosen, uid)
            # The kubelet calls again, for some pods early and for some later.
            for _ in range(dice.choice([0, 0, 1, 3])):
                time.sleep(dice.uniform(0, 0.5))
                self.mount(tenant, owner, chosen, uid, chaos.STALENESS + chaos.INTERVAL)

    def mount(self, tenant, owner, names, uid, staleness=chaos.STALENESS):
        """Mounts once, and returns whether the mount succeeded."""
        tokens = {"api://AzureADTokenExchange": {
            "token": self.tokens[tenant], "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": f"pod-{uid}", "csi.storage.k8s.io/pod.namespace": f"ns-{tenant}",
            "csi.storage.k8s.io/pod.uid": uid, "csi.storage.k8s.io/serviceAccount.name": "sa",
            "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens), "clientID": chaos.client_id(tenant),
            "keyvaultName": chaos.vault(owner), "tenantID": chaos.TENANT_ID,
            "objects": array(*[obj("secret", name) for name in names]),
        }
        request = self.pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420",
                                       target_path=f"/pods/{uid}")
        begin = time.monotonic()
        problem, code = None, "OK"
        with grpc.insecure_channel(f"unix://{self.world.socket}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            try:
                answer = self.rpc.CSIDriverProviderStub(channel).Mount(request, timeout=PATIENCE)
                problem = self.judge(answer, tenant, owner, names, begin, time.monotonic(), staleness)
            except grpc.RpcError as error:
                code = error.code().name
                if error.code() == grpc.StatusCode.UNAVAILABLE:
                    time.sleep(0.1)
                if error.code() in FORBIDDEN and not self.was_restarting(begin):
                    problem = f"{code}: {error.details()}"
                elif "eyJ" in error.details() or "value:" in error.details():
                    problem = f"a secret in an error: {error.details()}"
        with self.lock:
            self.counts[code] = self.counts.get(code, 0) + 1
            if problem:
                self.problems.append(f"tenant {tenant} mounting {names}: {problem}")
        return code == "OK"

    def judge(self, answer, tenant, owner, names, begin, end, staleness):
        """The reason why a response is wrong; None if it may be right."""
        if tenant != owner:
            return "read another tenant's secrets"
        if [file.path for file in answer.files] != names or len(answer.object_version) != len(names):
            return f"a partial answer: {[file.path for file in answer.files]}"
        for file in answer.files:
            problem = self.history.problem(file.path, file.contents.decode(), begin, end, staleness)
            if problem:
                return problem
        return None

    def was_restarting(self, begin):
        """Whether a restart occurred during a mount that began then and has just ended."""
        now = time.monotonic()
        with self.lock:
            return any(first <= now and begin <= last for first, last in self.restarts)


if __name__ == "__main__":
    unittest.main()
