"""A separate network with the addresses of a cluster's services. Only root can create one."""

import concurrent.futures
import ctypes
import fcntl
import pathlib
import socket
import struct
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8913, 0x8914, 0x8916, 0x891C, 1


class Network:
    """A network namespace with `addresses` on its loopback interface, in addition to 127.0.0.1."""

    def __init__(self, addresses=()):
        self._holder = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", "print('ready', flush=True); input()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._holder.stdout.readline() != b"ready\n":
            raise OSError("no network namespace can be made here")
        self.path = f"/proc/{self._holder.pid}/ns/net"
        self.inside(lambda: configure(addresses))

    def inside(self, function):
        """The result of `function`, which runs in a thread inside the namespace. Its sockets stay in the namespace."""
        def enter():
            with open(self.path) as file:
                if LIBC.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return function()

        # The thread ends with the pool, so no other work runs in its namespace.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(enter).result()

    def accepts(self, address, port):
        """Whether a process listens at this address."""
        def connect():
            with socket.socket() as client:
                return client.connect_ex((address, port)) == 0

        return self.inside(connect)

    def listeners(self):
        """The ports with a listening process, by address."""
        found = {}
        lines = self.inside(pathlib.Path("/proc/thread-self/net/tcp").read_text).splitlines()[1:]
        for fields in map(str.split, lines):
            if fields[3] == "0A":
                address, port = fields[1].split(":")
                name = socket.inet_ntoa(struct.pack("<I", int(address, 16)))
                found.setdefault(name, set()).add(int(port, 16))
        return found

    def stop(self):
        self._holder.communicate(b"\n")


def configure(addresses):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        def set_address(request, name, address):
            family = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, request, struct.pack("16s16s8x", name, family))

        request = struct.pack("16sH22x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))
        for index, address in enumerate(addresses):
            set_address(SIOCSIFADDR, f"lo:{index}".encode(), address)
            set_address(SIOCSIFNETMASK, f"lo:{index}".encode(), "255.255.255.255")
