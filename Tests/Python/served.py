"""A provider with the flags of each test, in front of one emulator for all tests of a class."""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import grpc

import chaos
import world as w
from test_provider import array, obj

APPLICATION = "11111111-aaaa-4aaa-8aaa-000000000007"
NODE = "11111111-aaaa-4aaa-8aaa-000000000008"
BOUND = "11111111-aaaa-4aaa-8aaa-00000000000b"
SECRETS = {"plain": "plain value", "a": "1", "b": "2", "c": "3", "d": "4"}
# The name under which the emulator's cluster has its token proxy.
TOKEN_PROXY = "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks"
PRIVATE_CLOUD = {"activeDirectoryEndpoint": "https://login.localhost/", "keyVaultEndpoint": "https://vault.localhost",
                 "keyVaultDNSSuffix": "vault.localhost"}


def seed(bundles):
    """The emulator's seed; the bundles are bodies by path."""
    subject = "system:serviceaccount:team-a:reader"
    return {
        "identities": [
            {"name": "reader", "clientID": w.READER, "tenantID": w.TENANT, "federatedCredentials": [{"subject": subject}]},
            {"name": "application", "clientID": APPLICATION, "tenantID": w.TENANT},
            {"name": "node", "clientID": NODE, "tenantID": w.TENANT},
            {"name": "bound", "clientID": BOUND, "tenantID": w.TENANT, "boundServiceAccounts": [subject]}],
        "node": {"systemAssigned": "node", "userAssigned": []},
        "podIdentities": [{"namespace": "team-a", "pod": "pod", "identity": "application"}],
        "vaults": [{
            "name": "kv-tests", "tenantID": w.TENANT,
            "access": [{"identity": name, "role": "Key Vault Secrets User"} for name in ("reader", "application", "bound", "node")],
            "secrets": [{"name": name, "value": value} for name, value in SECRETS.items()],
            "bundles": [{"path": path, "body": json.dumps(body)} for path, body in bundles.items()]}],
    }


class ServedTest(unittest.TestCase):
    """All mounts are of one volume. Each start of the provider has its own log."""

    BUNDLES = {}

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir="/tmp") as file:
            json.dump(seed(cls.BUNDLES), file)
            file.flush()
            cls.world = w.World(seed=file.name, flags=("--http2",))
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.controls = chaos.Controls(cls.world.endpoints["adminPort"])
        cls.token = cls.world.token()

    def setUp(self):
        self.starts = 0
        self.environment = dict(self.world.environment)
        self.addCleanup(setattr, self.world, "environment", self.environment)
        self.controls.call("DELETE", "/calls")

    def serve(self, *flags, **environment):
        """Starts the provider, and stops one that the test has started before."""
        self.end()
        self.provider = self.start(*flags, **environment)
        self.addCleanup(self.end)
        self.assertIsNone(self.provider.poll(), self.world.log_path.read_text())

    def start(self, *flags, **environment):
        self.starts += 1
        self.world.log_path = self.world.directory / f"{self._testMethodName}-{self.starts}.log"
        self.world.environment = {**self.environment, **environment}
        return self.world.start_provider(*flags)

    def end(self):
        if getattr(self, "provider", None):
            self.provider.send_signal(signal.SIGTERM)
            self.provider.wait(timeout=w.DEADLINE)
            self.provider = None

    def error(self, *flags, **environment):
        """The error of a provider that cannot start."""
        self.assertEqual(self.start(*flags, **environment).wait(timeout=w.DEADLINE), 1)
        return self.world.log()[-1]["error"]

    def request(self, *objects, token=None, audience="api://AzureADTokenExchange", **parameters):
        tokens = {audience: {"token": token or self.token, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/serviceAccount.name": "reader", "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens),
            "clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT,
            "objects": array(*[obj("secret", name) for name in objects or ["plain"]]), **parameters}
        return self.pb.MountRequest(attributes=json.dumps({k: v for k, v in attributes.items() if v is not None}),
                                    secrets="null", permission="420", target_path="/pods/pod")

    def stub(self):
        channel = grpc.insecure_channel(f"unix://{self.world.socket}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return self.rpc.CSIDriverProviderStub(channel)

    def mount(self, *objects, **parameters):
        """The files' contents by path."""
        answer = self.stub().Mount(self.request(*objects, **parameters), timeout=w.DEADLINE)
        return {file.path: file.contents for file in answer.files}

    def assert_mounts(self, **parameters):
        self.assertEqual(self.mount(**parameters), {"plain": b"plain value"})

    def refusal(self, *objects, **parameters):
        """The text of the mount's error."""
        with self.assertRaises(grpc.RpcError) as caught:
            self.mount(*objects, **parameters)
        return caught.exception.details()

    def fault(self, **fields):
        self.controls.call("POST", "/faults", json.dumps([fields]).encode())
        self.addCleanup(self.controls.call, "DELETE", "/faults")

    def calls(self, kind, count="calls"):
        return self.controls.call("GET", "/calls")["classes"].get(kind, {}).get(count, 0)

    def hang_vault(self, *objects):
        """Mounts from a vault that never responds. The call is cancelled at the test's end."""
        self.fault(kind="hang", target="vault")
        call = self.stub().Mount.future(self.request(*objects), timeout=w.DEADLINE)
        self.addCleanup(call.cancel)
        return call

    def logged(self, message):
        return [line for line in self.world.log() if line["msg"] == message]

    def get(self, url):
        """The status and the text."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=w.DEADLINE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


class SlowMetadata:
    """A metadata service that responds when it is released, with the emulator's response."""

    def __init__(self, world):
        self.asked, self.released = threading.Event(), threading.Event()
        self.headers = {}
        target, outer = f"http://127.0.0.1:{world.endpoints['nodePort']}", self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.headers = dict(self.headers)
                outer.asked.set()
                outer.released.wait()
                request = urllib.request.Request(target + self.path, headers={"Metadata": "true"})
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=w.DEADLINE) as answer:
                    body = answer.read()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    # The client has closed the connection.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextlib.contextmanager
def silence(path):
    """Replaces the socket at `path` with one that accepts connections and never responds."""
    with socket.socket(socket.AF_UNIX) as listener:
        own = f"{path}.silent"
        listener.bind(own)
        listener.listen()
        os.rename(own, path)
        yield


def run(*words):
    """Runs a command of the provider's program, and returns its exit code and its standard output."""
    done = subprocess.run([w.PROGRAMS / "akv-csi", *words], capture_output=True, text=True, timeout=w.DEADLINE, check=False,
                          env={"PATH": os.environ["PATH"]})
    return done.returncode, done.stdout


def write(path, content):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
