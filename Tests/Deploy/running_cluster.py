"""A cluster of one node. It runs the programs of the page's manifests in the files of their images, and mounts as the driver does."""

import json
import os
import pathlib
import signal
import subprocess

import yaml

import charts as c
import cluster
import container
import images
import issuer
import network
import world as w
from page import Refused

API_SERVER, SERVICE = "10.96.0.1", "10.96.0.7"
ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"


class RunningCluster(cluster.Cluster):
    def __init__(self, directory, image_files):
        """The files of an image are created once, in the directory `image_files`."""
        super().__init__(directory)
        self.image_files = pathlib.Path(image_files)
        # Other users must be able to read the files below.
        self.directory.chmod(0o755)
        self.network = network.Network([API_SERVER, SERVICE])
        self.issuer = issuer.Issuer(self.network, API_SERVER, self.directory / "api")
        self.processes, self.logs, self.mounted = {}, {}, {}
        self.host = self.directory / "host"
        self.host.mkdir(mode=0o755)

    def close(self):
        for process in self.processes.values():
            self.end(process)
        self.issuer.stop()
        self.network.stop()
        super().close()

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(timeout=w.DEADLINE)

    # MARK: the kubelet

    def start(self, manifest):
        if manifest["kind"] in ("Deployment", "DaemonSet") and "spec" in manifest:
            key = manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
            self.run(key, manifest["spec"]["template"]["spec"])
        elif manifest["kind"] == "Pod":
            self.mount(manifest)

    def root(self, stage):
        place = self.image_files / stage
        if not place.exists():
            subprocess.run([c.ROOT / "deploy/image/rootfs.sh", w.PROGRAMS / stage, place], check=True, stdout=subprocess.DEVNULL)
        return place

    def run(self, key, pod):
        """Runs the init containers, then the container of a pod, each as its manifest describes it."""
        volumes = {volume["name"]: self.volume(key, volume) for volume in pod["volumes"]}
        volumes["hosts"] = self.hosts(key)
        mounts = [{"name": "hosts", "mountPath": "/etc/hosts"}]
        variables = [{"name": "KUBERNETES_SERVICE_HOST", "value": API_SERVER}, {"name": "KUBERNETES_SERVICE_PORT", "value": "443"}]
        if self.has_token(key, pod):
            volumes["account"] = self.account(key, pod)
            mounts.append({"name": "account", "mountPath": ACCOUNT_DIRECTORY, "readOnly": True})
        for item in pod.get("initContainers", []):
            process = container.start(item, self.root(self.stage(item["image"])), volumes, network=self.network.path)
            if process.wait(timeout=w.DEADLINE) != 0:
                raise Refused(f"the init container {item['name']} of {key} failed")
        [item] = pod["containers"]
        stage = self.stage(item["image"])
        item = {**item, "env": variables + item.get("env", []), "volumeMounts": item["volumeMounts"] + mounts}
        self.logs[key] = self.directory / f"{key[2]}.log"
        with self.logs[key].open("w") as log:
            self.processes[key] = container.start(
                item, self.root(stage), volumes, entry_point=images.entry_point(stage), network=self.network.path, stderr=log,
                stdout=subprocess.DEVNULL)

    def volume(self, key, volume):
        if "hostPath" in volume:
            place = pathlib.Path(f"{self.host}{volume['hostPath']['path']}")
            place.mkdir(parents=True, exist_ok=True, mode=0o755)
            return place
        place = self.empty(f"volumes/{key[2]}-{volume['name']}")
        if "configMap" in volume:
            data = self.objects["ConfigMap", key[1], volume["configMap"]["name"]]["data"]
            items = volume["configMap"].get("items") or [{"key": name, "path": name} for name in data]
            for item in items:
                (place / item["path"]).write_text(data[item["key"]])
        elif "emptyDir" in volume:
            place.chmod(0o777)
        else:
            raise Refused(f"a volume {volume}")
        return place

    def has_token(self, key, pod):
        account = self.objects["ServiceAccount", key[1], pod["serviceAccountName"]]
        return pod.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))

    def account(self, key, pod):
        place = self.directory / f"volumes/{key[2]}-account"
        place.mkdir(parents=True, exist_ok=True)
        (place / "token").write_text(self.issuer.token(key[1], pod["serviceAccountName"], issuer.ISSUER))
        (place / "ca.crt").write_text(self.issuer.authority)
        return place

    def hosts(self, key):
        """The names of all services, which a cluster's name service would resolve."""
        lines = ["127.0.0.1 localhost"]
        for (kind, namespace, name), manifest in self.objects.items():
            if kind == "Service":
                self.check_ports(namespace, manifest)
                lines.append(f"{SERVICE} {name}.{namespace}.svc {name}.{namespace}.svc.cluster.local")
        place = self.directory / f"{key[2]}.hosts"
        place.write_text("\n".join(lines) + "\n")
        return place

    def check_ports(self, namespace, service):
        """The service points to a port of its pods. Here both are one address, so both ports must be the same."""
        [pod] = [manifest["spec"]["template"] for (kind, place, _), manifest in self.objects.items()
                 if kind == "Deployment" and place == namespace
                 and service["spec"]["selector"].items() <= manifest["spec"]["template"]["metadata"]["labels"].items()]
        ports = {port["name"]: port["containerPort"] for item in pod["spec"]["containers"] for port in item["ports"]}
        for port in service["spec"]["ports"]:
            if ports[port["targetPort"]] != port["port"]:
                raise Refused(f"{service['metadata']['name']} points to another port")

    def ready(self, manifest):
        if manifest["metadata"]["name"] == cluster.DRIVER or manifest["kind"] == "Pod":
            return
        key = manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        process = self.processes[key]
        [item] = manifest["spec"]["template"]["spec"]["containers"]
        probe, user = item["readinessProbe"], item["securityContext"]["runAsUser"]
        if "exec" in probe:
            condition = lambda: container.execute(process, probe["exec"]["command"], user).returncode == 0
        else:
            port = next(port["containerPort"] for port in item["ports"] if port["name"] == probe["httpGet"]["port"])
            condition = lambda: self.network.accepts(SERVICE, port)
        w.until(lambda: process.poll() is not None or condition(), f"{key} to be ready")
        if process.poll() is not None:
            raise Refused(f"{key} ended: {self.logs[key].read_text()}")

    def execute(self, manifest, command):
        if manifest["kind"] == "Pod":
            return self.read_in_pod(manifest, command)
        key = manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        [item] = manifest["spec"]["template"]["spec"]["containers"]
        result = container.execute(self.processes[key], command, item["securityContext"]["runAsUser"], text=True)
        if result.returncode != 0:
            raise Refused(result.stderr)
        return result.stdout

    def stop_object(self, manifest):
        key = manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
        if key in self.processes and (status := self.end(self.processes.pop(key))) != 0:
            raise Refused(f"{key} ended with {status}: {self.logs[key].read_text()}")

    # MARK: the driver

    def mount(self, pod):
        """The driver's call for the pod's volume, at its start and at each republish of the kubelet."""
        metadata, spec = pod["metadata"], pod["spec"]
        [volume] = [volume["csi"] for volume in spec["volumes"]]
        if volume["driver"] != "secrets-store.csi.k8s.io":
            raise Refused(f"no driver {volume['driver']}")
        audiences = [request["audience"] for request in self.driver_values()["tokenRequests"]]
        token = self.directory / "token"
        token.write_text(self.issuer.token(metadata["namespace"], spec["serviceAccountName"], audiences[0]))
        manifests = self.directory / "pod.yaml"
        names = [("ServiceAccount", spec["serviceAccountName"]),
                 ("SecretProviderClass", volume["volumeAttributes"]["secretProviderClass"])]
        found = [self.objects[kind, metadata["namespace"], name] for kind, name in names] + [pod]
        manifests.write_text(yaml.safe_dump_all(found))
        target = self.directory / "pods" / metadata["name"]
        target.mkdir(parents=True, exist_ok=True)
        socket = f"{self.host}/var/run/secrets-store-csi-providers/azure.sock"
        result = subprocess.run(
            [w.PROGRAMS / "akv-csi", "mount", "--file", manifests, "--endpoint", f"unix://{socket}", "--target", target,
             "--token-file", token, "--pod-uid", "22222222-2222-4222-8222-222222222222"], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Refused(f"FailedMount: {result.stderr}{result.stdout}")
        self.mounted[metadata["name"]] = target

    def read_in_pod(self, pod, command):
        """Runs one of busybox's commands over the files of the pod's volume."""
        if self.driver_values().get("enableSecretRotation") is True:
            self.mount(pod)
        [mount] = pod["spec"]["containers"][0]["volumeMounts"]
        if command[0] not in ("ls", "cat", "grep"):
            raise Refused(f"{command[0]} is not run here")
        words = [word.replace(mount["mountPath"], str(self.mounted[pod["metadata"]["name"]])) for word in command]
        result = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        if result.returncode != 0:
            raise Refused(result.stderr or f"command terminated with exit code {result.returncode}")
        return result.stdout if result.stdout.endswith("\n") else result.stdout + "\n"

    def log(self, key):
        return [json.loads(line) for line in self.logs[key].read_text().splitlines() if line.startswith("{")]
