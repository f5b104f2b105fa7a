"""`akv-csi status` with a provider: the content, the output formats, and the life of the socket."""

import json
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import unittest

import grpc

import world as w
from served import ServedTest


class MountingTest(ServedTest):
    """Mounts volumes of several pods."""

    @property
    def path(self):
        return self.world.directory / "azure.status"

    def stub(self):
        """One connection for each provider, as in the driver."""
        if self.connected != self.provider:
            self.connected, self.connection = self.provider, super().stub()
        return self.connection

    connected = None

    def mount_pod(self, pod, *objects, namespace="team-a", fails=False, **parameters):
        request = self.request(*objects, **{
            "csi.storage.k8s.io/pod.name": pod, "csi.storage.k8s.io/pod.namespace": namespace,
            "csi.storage.k8s.io/pod.uid": f"uid-{pod}", "secretProviderClass": "payments", **parameters})
        request.target_path = f"/var/lib/kubelet/pods/uid-{pod}/volumes/kubernetes.io~csi/secrets/mount"
        if not fails:
            return self.stub().Mount(request, timeout=w.DEADLINE)
        with self.assertRaises(grpc.RpcError) as caught:
            self.stub().Mount(request, timeout=w.DEADLINE)
        return caught.exception.details()


class StatusTest(MountingTest):
    def status(self, *words, code=0):
        done = subprocess.run([str(word) for word in (w.PROGRAMS / "akv-csi", "status", "--endpoint", f"unix://{self.world.socket}", *words)],
                              capture_output=True, text=True, timeout=w.DEADLINE, env={"PATH": os.environ["PATH"]})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def document(self, *words):
        return json.loads(self.status("--output", "json", *words).stdout)

    def volume(self, **wanted):
        found = [volume for volume in self.document()["volumes"] if wanted.items() <= volume.items()]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_shows_the_objects_of_a_volume_without_values(self):
        self.serve()
        self.mount_pod("payments-0", "plain", "a")
        document = self.document()
        self.assertEqual(document["formatVersion"], 1)
        self.assertEqual(document["provider"]["refreshIntervalSeconds"], 120)
        self.assertFalse(document["provider"]["rotating"])
        volume = self.volume(pod="payments-0")
        versions = {item["name"]: item["version"] for item in volume["objects"]}
        self.assertEqual(set(versions), {"plain", "a"})
        for version in versions.values():
            self.assertRegex(version, r"^[0-9a-f]{32}$")
        self.assertEqual(
            {key: volume[key] for key in ("namespace", "secretProviderClass", "volume", "serviceAccount", "state", "vault",
                                          "identity", "lastError", "gone", "omittedObjects")},
            {"namespace": "team-a", "secretProviderClass": "payments", "volume": "secrets", "serviceAccount": "reader",
             "state": "ok", "vault": "kv-tests", "lastError": None, "gone": False, "omittedObjects": 0,
             "identity": {"mode": "workload identity", "clientID": w.READER, "tenantID": w.TENANT}})
        self.assertLess(volume["confirmedAt"], volume["nextRefreshAt"])
        for words in [(), ("--output", "wide"), ("payments-0",), ("--output", "json")]:
            done = self.status(*words)
            self.assertNotIn("plain value", done.stdout)
            self.assertNotIn(self.token, done.stdout)

    def test_writes_aligned_tables(self):
        self.serve()
        self.mount_pod("payments-0", "plain", "a")
        self.mount_pod("x", "nothing", fails=True)
        lines = self.status().stdout.splitlines()
        self.assertEqual(lines[0].split(), ["NAMESPACE", "POD", "CLASS", "STATUS", "OBJECTS", "CONFIRMED", "REFRESH", "EXPIRES", "ERROR"])
        self.assertEqual(len(lines), 3)
        status = lines[0].index("STATUS")
        self.assertTrue(lines[1][status:].startswith("OK "), lines[1])
        self.assertTrue(lines[2][status:].startswith("Failing "), lines[2])
        self.assertIn("object-not-found (", lines[2])
        wide = self.status("-o", "wide").stdout.splitlines()
        self.assertEqual(len(wide), 4)
        self.assertIn("secret/plain", wide[1])
        self.assertIn(w.READER, wide[1])
        details = self.status("team-a/payments-0").stdout
        self.assertIn("team-a/payments-0\n", details)
        self.assertRegex(details, rf"Identity +{w.READER}, workload identity, tenant {w.TENANT}\n")
        self.assertRegex(details, r"secret/plain +kv-tests +[0-9a-f]{32} +\d+s +-\n")
        self.assertIn("The provider started", self.status().stderr)
        self.assertNotIn("\x1b", self.status().stdout)

    def test_shows_the_requested_pods(self):
        self.serve()
        self.mount_pod("one", "plain")
        self.mount_pod("two", "plain")
        for words, pods in [((), ["one", "two"]), (("team-a/one",), ["one"]), (("two",), ["two"]), (("-n", "team-a"), ["one", "two"]),
                            (("-n", "team-b"), []), (("-n", "team-a", "one"), ["one"]), (("team-b/one",), [])]:
            with self.subTest(words):
                self.assertEqual([volume["pod"] for volume in self.document(*words)["volumes"]], pods)
        self.assertIn("No volume matches.", self.status("-n", "team-b").stderr)
        for words in [("a/b/c",), ("team-a/",), ("-n", "team-a", "team-b/one"), ("--output", "xml")]:
            self.status(*words, code=2)

    def test_a_failing_volume_keeps_its_objects_and_shows_the_cause(self):
        self.serve("--refresh-interval=0")
        self.mount_pod("payments-0", "plain")
        self.fault(kind="status", target="vault", status="403")
        self.mount_pod("payments-0", "plain", fails=True)
        volume = self.volume(pod="payments-0")
        self.assertEqual((volume["state"], volume["lastError"]["code"]), ("failing", "vault-forbidden"))
        self.assertTrue(volume["lastError"]["message"].startswith("[vault-forbidden] "))
        self.assertEqual([item["name"] for item in volume["objects"]], ["plain"])
        self.assertTrue(self.document()["provider"]["rotating"])
        self.assertIn("failing: the pod keeps the files that it has", self.status("payments-0").stdout)
        self.controls.call("DELETE", "/faults")
        self.mount_pod("payments-0", "plain")
        volume = self.volume(pod="payments-0")
        self.assertEqual((volume["state"], volume["lastError"]["since"]), ("ok", None))
        self.assertIn("works again since", self.status("payments-0").stdout)

    def test_old_values_are_shown_as_stale(self):
        self.serve("--refresh-interval=1ms", "--refresh-interval-min=1ms", "--stale-if-error=1h")
        self.mount_pod("payments-0", "plain")
        before = self.volume(pod="payments-0")["confirmedAt"]
        self.fault(kind="status", target="vault", status="503", retryAfter="1ms", notation="retry-after-ms")
        self.mount_pod("payments-0", "plain")
        volume = self.volume(pod="payments-0")
        self.assertEqual((volume["state"], volume["objects"][0]["source"]), ("stale", "stale"))
        self.assertLessEqual(abs(seconds(volume["confirmedAt"]) - seconds(before)), 1)
        self.assertEqual(volume["lastError"]["code"], "service-unavailable")
        self.assertIn("Stale", self.status().stdout)
        self.assertIn("the pod has the last known values", self.status("payments-0").stdout)

    def test_names_cannot_write_to_the_terminal(self):
        self.serve()
        self.mount_pod("evil\x1b[2Jpod\n", "plain")
        for words in [(), ("-o", "wide"), ("-o", "json")]:
            self.assertNotIn("\x1b", self.status(*words).stdout)
        self.assertEqual(len(self.status().stdout.splitlines()), 2)

    def test_one_namespace_cannot_evict_the_volumes_of_others(self):
        self.serve()
        self.mount_pod("victim", "plain")
        for number in range(1200):
            self.mount_pod(f"pod-{number}", namespace="greedy", fails=True, keyvaultName="", objects="x" * 900)
        volumes = self.document()["volumes"]
        self.assertIn("victim", [volume["pod"] for volume in volumes])
        self.assertLess(len(volumes), 1200)

    def test_the_socket_is_the_owners_and_goes_with_the_provider(self):
        self.serve()
        mode = os.lstat(self.path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.provider.send_signal(signal.SIGTERM)
        self.assertEqual(self.provider.wait(timeout=w.DEADLINE), 0)
        self.assertFalse(os.path.lexists(self.path))
        self.assertIn("no provider runs here", self.status(code=1).stderr)

    def test_a_socket_that_a_killed_provider_left_is_replaced(self):
        self.serve()
        self.provider.kill()
        self.provider.wait()
        self.assertTrue(os.path.lexists(self.path))
        self.assertIn("left over", self.status(code=1).stderr)
        self.serve()
        # The driver's socket is left over too, so its file does not prove a running provider.
        w.until(lambda: self.logged("serving"), "the provider")
        self.assertEqual(self.document()["volumes"], [])

    def test_a_second_provider_leaves_the_first_ones_socket_alone(self):
        self.serve()
        self.mount_pod("payments-0", "plain")
        first, self.provider = self.provider, None
        self.addCleanup(lambda: (first.send_signal(signal.SIGTERM), first.wait()))
        self.assertIn("another process is listening", self.error())
        self.assertEqual(len(self.logged("akv-csi status cannot be served")), 1)
        self.assertEqual(len(self.document()["volumes"]), 1)

    def test_mounts_do_not_depend_on_the_socket(self):
        self.path.write_text("in the way")
        self.addCleanup(self.path.unlink)
        self.serve()
        self.assert_mounts()
        line, = self.logged("akv-csi status cannot be served")
        self.assertEqual((line["code"], line["level"]), ("status-unavailable", "warning"))
        self.assertIn("not a socket", line["error"])
        self.end()
        self.assertEqual(self.path.read_text(), "in the way")

    def test_the_flag_moves_the_socket_or_leaves_it_out(self):
        other = self.world.directory / "other"
        self.serve("--status-endpoint", f"unix://{other}")
        self.assertFalse(os.path.lexists(self.path))
        self.assertEqual(json.loads(self.status("--status-endpoint", f"unix://{other}", "-o", "json").stdout)["volumes"], [])
        self.serve("--status-endpoint=none")
        self.assertFalse(os.path.lexists(other))
        self.assertIn("serves no status", self.status(code=1).stderr)
        # The driver would take it for the provider called x.
        self.assertIn("does not end with .sock", self.error("--status-endpoint", f"unix://{self.world.directory}/x.sock"))
        self.assertIn("invalid status-endpoint", self.error("--status-endpoint=/tmp/x"))

    def test_a_problem_with_the_socket_is_reported(self):
        self.serve()
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        self.path.unlink()
        listener.bind(str(self.path))
        listener.listen()
        self.addCleanup(lambda: self.path.unlink(missing_ok=True))
        with subprocess.Popen([w.PROGRAMS / "akv-csi", "status", "--endpoint", f"unix://{self.world.socket}"],
                              stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            peer, _ = listener.accept()
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"formatVersion\":1,")
            peer.close()
            self.assertIn("ended while it answered", client.communicate(timeout=w.DEADLINE)[1])
        self.assertEqual(client.returncode, 1)

    def test_requests_are_bounded(self):
        self.serve()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.path))
            client.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 65536)
            client.settimeout(w.DEADLINE)
            try:
                self.assertEqual(client.recv(1), b"")
            except ConnectionResetError:
                pass
        self.assertEqual(self.document()["volumes"], [])

    def test_watch_writes_each_change_and_ends_with_an_interrupt(self):
        self.serve()
        with subprocess.Popen([w.PROGRAMS / "akv-csi", "status", "--endpoint", f"unix://{self.world.socket}", "-w", "-o", "json"],
                              stdout=subprocess.PIPE, text=True) as watch:
            self.assertEqual(json.loads(watch.stdout.readline())["volumes"], [])
            self.mount_pod("payments-0", "plain")
            self.assertEqual([volume["pod"] for volume in json.loads(watch.stdout.readline())["volumes"]], ["payments-0"])
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(timeout=w.DEADLINE), 0)
            self.assertEqual(watch.stdout.read(), "")

    def test_watch_redraws_a_terminal_and_survives_a_restart(self):
        self.serve()
        self.mount_pod("payments-0", "plain")
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        watch = subprocess.Popen([w.PROGRAMS / "akv-csi", "status", "--endpoint", f"unix://{self.world.socket}", "--watch"],
                                 stdout=slave, env={**os.environ, "TERM": "xterm"})
        os.close(slave)
        seen = b""

        def read_until(words):
            nonlocal seen
            while words not in seen:
                self.assertTrue(select.select([master], [], [], w.DEADLINE)[0], seen)
                seen += os.read(master, 65536)
            seen = seen[seen.index(words):]

        read_until(b"\x1b[2J")
        read_until(b"payments-0")
        self.end()
        read_until(b"no provider runs here")
        self.serve()
        self.mount_pod("payments-1", "plain")
        read_until(b"payments-1")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(timeout=w.DEADLINE), 0)

    def test_the_provider_of_an_image_is_found_without_flags(self):
        done = subprocess.run([w.PROGRAMS / "akv-csi", "status"], capture_output=True, text=True, timeout=w.DEADLINE)
        # Unless this machine runs a provider with the default socket.
        if done.returncode:
            self.assertIn("/provider/azure.status nor /tmp/azure.status", done.stderr)


def seconds(text):
    hours, minutes, rest = re.search(r"T(\d+):(\d+):(\d+)Z", text).groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


if __name__ == "__main__":
    unittest.main()
