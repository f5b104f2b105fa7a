"""An emulated Azure and a provider, as processes, for clients from another project."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / os.environ.get("AKV_PROGRAMS", ".build/debug")
SEED = ROOT / "Tests/Fixtures/azure.yaml"

TENANT = "99999999-9999-4999-8999-999999999999"
READER = "11111111-aaaa-4aaa-8aaa-000000000001"
STRANGER = "11111111-aaaa-4aaa-8aaa-000000000002"
VAULT_URL = "https://kv-tests.vault.azure.net"
# Only failing tests reach this deadline, even on a busy machine.
DEADLINE = 300
# The tests' programs listen at other addresses only, whatever their ports are. So a program that accepts a connection
# here listens at every address. A port alone says less: another program may have the same one at another address.
UNUSED_ADDRESS = "127.0.0.3"


def until(condition, what):
    """Waits until `condition` is true and returns its result."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {DEADLINE} s in vain for {what}")


class reserved:
    """A port that other programs cannot get: it is bound here, without listening, so that connections are refused until
    a program of the test listens on it."""

    def __init__(self, address="127.0.0.1"):
        self.address = address

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((self.address, 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


class World:
    """Starts what a test needs, and stops and removes it at the end."""

    def __init__(self, seed=SEED, flags=()):
        """Starts the emulator with these flags."""
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="akv-py-", dir="/tmp"))
        self.processes = []
        self.log_path = self.directory / "provider.log"
        self._seed = seed
        self._flags = flags
        self._start_emulator()
        authority = str(self.directory / "azure/ca.pem")
        self.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.endpoints['proxyPort']}",
            "SSL_CERT_FILE": authority,
            "REQUESTS_CA_BUNDLE": authority,
        }
        self.socket = self.directory / "azure.sock"
        self.provider = None

    def _start_emulator(self, *flags):
        directory = self.directory / "azure"
        endpoints = directory / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        self._emulator = self._start([PROGRAMS / "akv-emulator", "--seed", self._seed, "--directory", directory, *self._flags, *flags])
        until(lambda: self._emulator.poll() is not None or endpoints.exists(), "the emulator")
        self.endpoints = json.loads(endpoints.read_text())

    def restart_emulator(self):
        """Restarts the emulator at the same ports. Without a state file, it has new keys and the content of its seed."""
        self.stop_emulator()
        self._start_emulator(*[word for flag, port in [
            ("--port", "httpsPort"), ("--proxy-port", "proxyPort"), ("--admin-port", "adminPort")]
            for word in (flag, self.endpoints[port])])

    def stop_emulator(self):
        self._emulator.kill()
        self._emulator.wait()

    def _start(self, command, **options):
        process = subprocess.Popen([str(word) for word in command], **options)
        self.processes.append(process)
        return process

    def start_provider(self, *flags, **options):
        """Starts `akv-csi serve` with flags in upstream's notation; the options are Popen's."""
        with self.log_path.open("a") as log:
            self.provider = self._start(
                [PROGRAMS / "akv-csi", "serve", f"-endpoint=unix://{self.socket}", "-healthz-port", "0",
                 "-healthz-host", "127.0.0.1", "-prometheus-port=0", "-metrics-host=127.0.0.1", *flags],
                env={**os.environ, **self.environment}, stderr=log, **options)
        until(lambda: self.provider.poll() is not None or self.socket.exists(), "the provider's socket")
        return self.provider

    def log(self):
        # Without an incomplete last line.
        return [json.loads(line) for line in self.log_path.read_text().split("\n")[:-1]]

    def health_port(self):
        lines = [line for line in self.log() if line["msg"] == "health endpoint"]
        return lines[-1]["port"]

    def metrics_port(self):
        lines = [line for line in self.log() if line["msg"] == "metrics endpoint"]
        return lines[-1]["port"]

    def token(self, service_account="reader", namespace="team-a", **options):
        command = [PROGRAMS / "akv-emulator", "token", "--directory", self.directory / "azure",
                   "--namespace", namespace]
        for name, value in options.items():
            command += [f"--{name}={value}"]
        output = subprocess.run([str(word) for word in command + [service_account]], check=True, capture_output=True)
        return output.stdout.decode().strip()

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=DEADLINE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.directory)


def mock_environment(world):
    """This process's variables, pointing to the emulator."""
    return mock.patch.dict(os.environ, world.environment)


def generated_stubs(directory):
    """grpcio's own code for the driver's protocol, generated from proto/."""
    from grpc_tools import protoc

    status = protoc.main(["protoc", f"--proto_path={ROOT / 'proto/v1alpha1'}", f"--python_out={directory}",
                          f"--grpc_python_out={directory}", "service.proto"])
    if status != 0:
        raise AssertionError("protoc failed")
    sys.path.insert(0, str(directory))
    import service_pb2
    import service_pb2_grpc

    return service_pb2, service_pb2_grpc
