"""Processes of the same user cannot read the provider's memory and environment, and a crash does not leave them behind."""

import os
import pathlib
import resource
import signal
import subprocess
import unittest

import world as w

# Root may read everything; the rules apply to all other users.
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def allow_core():
    """The limits with which a node would allow core dumps."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_limit(pid):
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in lines if line.startswith("Max core file size"))


def can_read(path):
    """Whether a process of the same user can read it."""
    result = subprocess.run(
        ["head", "-c1", path], capture_output=True, check=False, cwd="/", **NOBODY)
    return result.returncode == 0


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        if NOBODY:
            for path in [self.world.directory, *self.world.directory.rglob("*")]:
                os.chown(path, NOBODY["user"], NOBODY["group"])
        self.provider = self.world.start_provider(cwd=self.world.directory, preexec_fn=allow_core, **NOBODY)
        self.assertTrue(self.world.socket.exists(), self.world.log_path.read_text())

    def test_processes_of_the_same_user_cannot_read_it(self):
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd="/", **NOBODY) as other:
            w.until(lambda: can_read(f"/proc/{other.pid}/environ"), "another process of the same user")
            other.stdin.close()
        for name in ["environ", "mem", "maps"]:
            self.assertFalse(can_read(f"/proc/{self.provider.pid}/{name}"), name)

    def test_a_crash_leaves_no_core_dump(self):
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        self.assertNotEqual(hard, 0, "this machine allows no core at all, so nothing can be proven")
        self.assertEqual(core_limit(self.provider.pid), ["0", "0"])
        self.provider.send_signal(signal.SIGABRT)
        # Popen does not report core dumps, so waitpid is used.
        status = w.until(lambda: os.waitpid(self.provider.pid, os.WNOHANG)[1], "the provider's end")
        self.provider.returncode = -os.WTERMSIG(status)
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        self.assertFalse(os.WCOREDUMP(status))
        self.assertEqual([path.name for path in self.world.directory.glob("core*")], [])


if __name__ == "__main__":
    unittest.main()
