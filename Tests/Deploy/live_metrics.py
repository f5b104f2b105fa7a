"""A provider that has counted every kind of event, and a real Prometheus that scrapes it."""

import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import yaml

import charts as c
import world as w

CLASS = "metrics"


class LiveProvider:
    """One emulated Azure, one provider, and mounts of every kind."""

    def __init__(self):
        self.world = w.World()
        policy = self.world.directory / "policy.yaml"
        policy.write_text("apiVersion: akv-csi/v1\ndefault: allow\nrules: []\n")
        self.world.start_provider(f"--policy={policy}", "--stale-if-error=1h", "--refresh-interval=1ms")
        (self.world.directory / "token").write_text(self.world.token())

    def stop(self):
        self.world.stop()

    def mount(self, *objects, token="token", target="volume", succeeds=True):
        """Mounts with `akv-csi mount`, which acts as the driver."""
        manifest = self.world.directory / "class.yaml"
        manifest.write_text(yaml.safe_dump({
            "apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
            "metadata": {"name": CLASS, "namespace": "team-a"},
            "spec": {"provider": "azure", "parameters": {
                "clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT,
                "objects": yaml.safe_dump({"array": [yaml.safe_dump({"objectName": name, "objectType": "secret"}) for name in objects]})}},
        }))
        result = subprocess.run(
            [w.PROGRAMS / "akv-csi", "mount", "--file", manifest, "--endpoint", f"unix://{self.world.socket}", "--target",
             self.world.directory / target, "--token-file", self.world.directory / token, "--service-account", "reader",
             "--pod", "pod", "--pod-uid", "uid"],
            capture_output=True, text=True, check=False, timeout=w.DEADLINE)
        if (result.returncode == 0) != succeeds:
            raise AssertionError(result.stdout + result.stderr)

    def fault(self, *words):
        subprocess.run([w.PROGRAMS / "akv-emulator", "fault", *words, "--directory", self.world.directory / "azure"],
                       check=True, stdout=subprocess.DEVNULL)

    def count_everything(self):
        """Counts successes, a missing object, a refused token, a vault that throttles, and a stale value."""
        self.mount("plain", "ends-soon")
        self.mount("plain", target="second")
        self.mount("absent", target="third", succeeds=False)
        (self.world.directory / "refused").write_text(self.world.token("intruder"))
        self.mount("plain", token="refused", target="fourth", succeeds=False)
        self.fault("add", "status", "status=429", "retryAfter=300s", "target=vault")
        self.mount("plain", "ends-soon")
        self.fault("clear")

    def exposition(self):
        url = f"http://127.0.0.1:{self.world.metrics_port()}/metrics"
        with urllib.request.urlopen(url, timeout=w.DEADLINE) as answer:
            return answer.read().decode()

    def families(self):
        """The names of the metrics, with their kinds."""
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", self.exposition(), re.M))


class Prometheus:
    """Debian's Prometheus, which scrapes the provider five times a second and evaluates the shipped rules."""

    def __init__(self, directory, port):
        self.directory = pathlib.Path(directory) / "prometheus"
        self.directory.mkdir()
        (self.directory / "config.yaml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"},
            "rule_files": [str(c.CHART / "monitoring/rules.yaml")],
            "scrape_configs": [{"job_name": c.NAME, "honor_labels": True,
                                "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
        }))
        with (self.directory / "log").open("w") as log:
            self.process = subprocess.Popen(
                [c.TOOLS / "prometheus", "--config.file", self.directory / "config.yaml", "--storage.tsdb.path",
                 self.directory / "data", "--web.listen-address=127.0.0.1:0"], stderr=log)
        self.port = w.until(self._listening, "Prometheus' port")

    def _listening(self):
        """The port, which the kernel has chosen, from the kernel's table of sockets."""
        if self.process.poll() is not None:
            raise AssertionError((self.directory / "log").read_text())
        inodes = set()
        for entry in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                inodes.update(re.findall(r"^socket:\[(\d+)\]$", str(entry.readlink())))
            except FileNotFoundError:
                continue
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                return int(fields[1].split(":")[1], 16)
        return None

    def get(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=w.DEADLINE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error
        except urllib.error.URLError:
            # It has its port, but does not respond yet.
            return None

    def query(self, expression):
        """The current samples of an expression."""
        answer = self.get("query", query=expression)
        return answer["result"] if answer else []

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=w.DEADLINE)
