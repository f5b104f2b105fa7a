"""A name service that does not answer for the names of one namespace: pods of others get their volumes meanwhile.

The emulator and the provider run in separate network and mount namespaces. There a name server on port 53 resolves the names of
Azure to the emulator, as in a cluster, without a proxy."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import grpc

import served
import world as w
from test_provider import array, obj

DEAD, PODS = "dead-", 200
# The number of concurrent look-ups of one namespace.
SHARE = 16


class NameServer:
    """Answers each name with the loopback address, except for those that it ignores."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.dead = set()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            message, client = self.socket.recvfrom(4096)
            labels, place = [], 12
            while message[place]:
                labels.append(message[place + 1:place + 1 + message[place]].decode())
                place += 1 + message[place]
            (kind,) = struct.unpack_from(">H", message, place + 1)
            name = ".".join(labels).lower()
            if name.startswith(DEAD):
                self.dead.add(name)
                continue
            answer = b"" if kind != 1 else struct.pack(">HHHIH4s", 0xC00C, 1, 1, 60, 4, bytes([127, 0, 0, 1]))
            header = struct.pack(">HHHHHH", struct.unpack_from(">H", message)[0], 0x8180, 1, 1 if answer else 0, 0, 0)
            self.socket.sendto(header + message[12:place + 5] + answer, client)


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(control, 0x8913, request), 16)  # SIOCGIFFLAGS
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))  # SIOCSIFFLAGS, IFF_UP


def seed():
    document = served.seed({})
    document["identities"][0]["federatedCredentials"].append({"subject": "system:serviceaccount:team-b:reader"})
    return document


def request(pb, token, namespace, number, vault):
    tokens = {"api://AzureADTokenExchange": {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"}}
    attributes = {
        "csi.storage.k8s.io/pod.name": f"pod-{number}", "csi.storage.k8s.io/pod.namespace": namespace,
        "csi.storage.k8s.io/serviceAccount.name": "reader", "csi.storage.k8s.io/serviceAccount.tokens": json.dumps(tokens),
        "clientID": w.READER, "keyvaultName": vault, "tenantID": w.TENANT, "objects": array(obj("secret", "plain"))}
    return pb.MountRequest(attributes=json.dumps(attributes), secrets="null", permission="420",
                           target_path=f"/pods/{namespace}/{number}")


def check(directory):
    """Runs inside the namespaces."""
    bring_loopback_up()
    settings = directory / "resolv.conf"
    settings.write_text("nameserver 127.0.0.1\n")
    # The path may be a link.
    subprocess.run(["mount", "--bind", settings, os.path.realpath("/etc/resolv.conf")], check=True)
    names = NameServer()
    content = directory / "seed.json"
    content.write_text(json.dumps(seed()))
    with contextlib.ExitStack() as stack:
        world = w.World(seed=content, flags=("--port", "443"))
        stack.callback(world.stop)
        world.environment |= {"HTTPS_PROXY": "", "https_proxy": ""}
        pb, rpc = w.generated_stubs(world.directory)
        # Without a cache each mount uses the network.
        world.start_provider("--refresh-interval=0", "--token-cache=false")
        channel = stack.enter_context(grpc.insecure_channel(f"unix://{world.socket}"))
        mount = rpc.CSIDriverProviderStub(channel).Mount

        token = world.token(namespace="team-b")
        loud = [mount.future(request(pb, token, "team-b", number, f"{DEAD}{number}"), timeout=w.DEADLINE)
                for number in range(PODS)]
        w.until(lambda: len(names.dead) >= SHARE, "look-ups of names that are not answered")
        token = world.token(namespace="team-a")
        for number in range(20):
            answer = mount(request(pb, token, "team-a", number, "kv-tests"), timeout=w.DEADLINE)
            contents = {file.path: file.contents for file in answer.files}
            if contents != {"plain": b"plain value"}:
                raise AssertionError(contents)
        details = loud[0].exception().details()
        # Either the look-up or the connection times out first, depending on the machine.
        if not re.search("dead-0.vault.azure.net (could not be resolved in time|cannot be resolved)", details):
            raise AssertionError(details)
        for call in loud:
            call.cancel()


class NameServiceTest(unittest.TestCase):
    def test_unanswered_names_of_one_namespace_do_not_stop_the_mounts_of_another(self):
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        inside = ["unshare", *user, "--net", "--mount"]
        probe = subprocess.run([*inside, "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"this machine allows no namespaces: {probe.stderr.strip()}")
        with tempfile.TemporaryDirectory(dir="/tmp") as directory:
            done = subprocess.run([*inside, sys.executable, __file__, directory], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    check(pathlib.Path(sys.argv[1]))
