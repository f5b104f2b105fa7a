"""The parts of the chaos test: tenants, faults from a seed, and a checker that shares no code with the programs."""

import json
import pathlib
import threading
import time
import urllib.request

TENANTS = 6
VAULTS = 3
TENANT_ID = "99999999-9999-4999-8999-999999999999"
# A new volume gets values that are at most a second old; later mounts get values up to an interval old.
STALENESS = 1.5
INTERVAL = 3

# Each with a target and keys with which it has an effect. The duration is random.
FAULTS = [
    {"kind": "latency", "delay": "80ms"}, {"kind": "hang", "target": "vault", "probability": "0.2"},
    {"kind": "hang", "target": "entra", "probability": "0.2"}, {"kind": "drip", "target": "vault", "delay": "5ms", "size": "20"},
    {"kind": "close"}, {"kind": "reset"}, {"kind": "reset-after-headers"}, {"kind": "half-body"},
    {"kind": "certificate-expired"}, {"kind": "certificate-wrong-name"}, {"kind": "certificate-untrusted"},
    {"kind": "certificate-address-only"}, {"kind": "status", "status": "429", "retryAfter": "1s"},
    {"kind": "status", "status": "429", "retryAfter": "300ms", "notation": "retry-after-ms"},
    {"kind": "status", "status": "503"}, {"kind": "status", "status": "500"}, {"kind": "html"},
    {"kind": "html", "status": "200"}, {"kind": "redirect"},
    {"kind": "redirect", "host": "kv-0.vault.azure.net", "status": "302"}, {"kind": "propagation", "target": "entra"},
    {"kind": "token-rejected", "target": "vault"}, {"kind": "foreign-challenge", "target": "vault"},
    {"kind": "wrong-content-type"}, {"kind": "bad-json"}, {"kind": "truncated-json"},
    {"kind": "huge-body", "target": "vault", "size": "6000000"}, {"kind": "endless-list", "target": "vault"},
    {"kind": "foreign-list", "target": "vault"}, {"kind": "wrong-vault", "target": "vault"},
    {"kind": "wrong-object", "target": "vault"}, {"kind": "wrong-type", "target": "vault"},
    {"kind": "wrong-version", "target": "vault"}, {"kind": "clock-skew", "target": "vault", "skew": "2h"},
    {"kind": "clock-skew", "target": "entra", "skew": "2h"}, {"kind": "status", "status": "502", "target": "proxy"},
    {"kind": "status", "status": "407", "target": "proxy:kv-*"}, {"kind": "close", "target": "proxy"},
    {"kind": "reset", "target": "proxy"}, {"kind": "hang", "target": "proxy", "probability": "0.3"},
]


def draw_fault(dice):
    """A fault that ends by itself. Most strike every call, and some only a part of the calls."""
    fault = dict(dice.choice(FAULTS))
    fault["for"] = f"{dice.randint(100, 1200)}ms"
    fault["clock"] = "real"
    if "probability" not in fault and dice.random() < 0.5:
        fault["probability"] = f"{dice.uniform(0.2, 0.8):.2f}"
    if "probability" in fault:
        fault["seed"] = str(dice.randint(1, 1 << 30))
    return fault


def client_id(tenant):
    return f"22222222-bbbb-4bbb-8bbb-{tenant:012d}"


def vault(tenant):
    return f"kv-{tenant % VAULTS}"


def secrets(tenant):
    return [f"own-{tenant}-a", f"own-{tenant}-b"]


def first_value(name):
    return f"value:{name}:0"


def write_seed(path):
    """Two tenants in each vault, each with a role only on its own secrets."""
    seed = {
        "identities": [
            {"name": f"t{t}", "clientID": client_id(t), "tenantID": TENANT_ID,
             "federatedCredentials": [{"subject": f"system:serviceaccount:ns-{t}:sa"}]} for t in range(TENANTS)],
        "vaults": [
            {"name": f"kv-{v}", "tenantID": TENANT_ID,
             "access": [{"identity": f"t{t}", "role": "Key Vault Secrets User", "object": f"secrets/{name}"}
                        for t in range(TENANTS) if vault(t) == f"kv-{v}" for name in secrets(t)],
             "secrets": [{"name": name, "value": first_value(name)}
                         for t in range(TENANTS) if vault(t) == f"kv-{v}" for name in secrets(t)]}
            for v in range(VAULTS)],
    }
    pathlib.Path(path).write_text(json.dumps(seed))


class Controls:
    """The emulator's admin port."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        # Held by callers, and while the backend is down.
        self.lock = threading.RLock()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=b""):
        request = urllib.request.Request(self.base + path, data=body if method != "GET" else None, method=method)
        with self.lock, self.opener.open(request, timeout=300) as answer:
            return json.loads(answer.read() or b"null")


class History:
    """The values of each secret with their times, from which the checker knows what a pod may see."""

    def __init__(self):
        self.lock = threading.Lock()
        # For each secret: [value, earliest time at which it could be read, latest time].
        self.values = {name: [[first_value(name), 0, None]] for t in range(TENANTS) for name in secrets(t)}

    def rotate(self, controls, tenant, name):
        with self.lock:
            values = self.values[name]
            value = f"value:{name}:{len(values)}"
            begin = time.monotonic()
            controls.call("PUT", f"/vaults/{vault(tenant)}/secrets/{name}", value.encode())
            values[-1][2] = time.monotonic()
            values.append([value, begin, None])

    def forget(self, begin):
        """The backend has restarted with the values of its seed. The caller must hold the lock."""
        for name, values in self.values.items():
            values[-1][2] = time.monotonic()
            values.append([first_value(name), begin, None])

    def problem(self, name, value, begin, end, staleness):
        """The reason why `value` is wrong for a mount from `begin` to `end`; None if it may be right."""
        with self.lock:
            matching = [entry for entry in self.values[name] if entry[0] == value]
        if not matching:
            return f"{value!r} was never the value of {name}"
        for _, since, until in matching:
            if since <= end and (until is None or until >= begin - staleness):
                return None
        return f"{value!r} was not the value of {name} at the time"


def usage(pid):
    """Memory in KiB, threads and open files of a process."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return (int(status["VmRSS"].split()[0]), int(status["Threads"]), len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir())))
