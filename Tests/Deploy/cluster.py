"""Stand-ins for kubectl, helm, docker and kind, which validate and store objects. The stand-in of helm renders with the real one."""

import pathlib
import shutil
import subprocess

import yaml

import charts as c
import images
from page import Refused

DRIVER = "secrets-store-csi-driver"


def options(words, *flags):
    """The values of options and the other words. `flags` are options without a value."""
    found, rest, words = {}, [], list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            return found, rest, words
        if word.startswith("-") and word != "-":
            name, equals, value = word.lstrip("-").partition("=")
            found.setdefault(name, []).append(value if equals else "" if name in flags else words.pop(0))
        else:
            rest.append(word)
    return found, rest, []


class Cluster:
    """The objects that the page's commands made. A class that runs them overrides `start`, `ready`, `execute` and `stop`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.objects, self.built, self.loaded, self.releases = {}, {}, set(), {}
        self.chart = c.Chart()
        for name in ["kube-system", "default"]:
            self.objects["Namespace", "", name] = {"kind": "Namespace", "metadata": {"name": name}}

    def close(self):
        self.chart.close()

    def handle(self, name, words, place, text):
        return getattr(self, name)(words, place, text)

    # MARK: hooks for a running cluster

    def start(self, manifest):
        """Called for each object that is applied."""

    def ready(self, manifest):
        """Returns when the workload is ready."""

    def execute(self, manifest, command):
        raise Refused(f"{manifest['metadata']['name']} does not run")

    def stop_object(self, manifest):
        """Called for each object that is deleted."""

    # MARK: kubectl

    def kubectl(self, words, place, text):
        command, words = words[0], words[1:]
        found, rest, last = options(words, "")
        namespace = found.get("namespace", ["default"])[-1]
        if command in ("apply", "delete"):
            [source] = found.get("f", []) + found.get("k", [])
            manifests = self.read(source, "k" in found, place, text)
            return "".join(map(self.apply, manifests) if command == "apply" else map(self.delete, reversed(manifests)))
        if command == "rollout" and rest[0] == "status":
            manifest = self.named(rest[1], namespace)
            self.ready(manifest)
            kind = {"DaemonSet": "daemon set", "Deployment": "deployment"}[manifest["kind"]]
            return f"{kind} \"{manifest['metadata']['name']}\" successfully rolled out\n"
        if command == "wait":
            if found["for"] != ["condition=Ready"]:
                raise Refused("wait for what?")
            self.ready(self.named(rest[0], namespace))
            return f"{rest[0]} condition met\n"
        if command == "exec":
            return self.execute(self.named(rest[0], namespace), last)
        if command == "config":
            return f"deleted context {rest[1]} from /home/you/.kube/config\n"
        raise Refused(f"kubectl {command} is not part of this cluster")

    def read(self, source, is_kustomization, place, text):
        if is_kustomization:
            text = subprocess.run([c.TOOLS / "kubectl", "kustomize", place / source], check=True, capture_output=True, text=True).stdout
        elif source != "-":
            text = (place / source).read_text()
        return [document for document in yaml.safe_load_all(text) if document]

    def apply(self, manifest):
        kind, metadata = manifest["kind"], manifest["metadata"]
        if kind == "SecretProviderClass":
            self.check_class(manifest)
        else:
            c.validate(manifest)
        namespace = metadata.get("namespace", "")
        if namespace and ("Namespace", "", namespace) not in self.objects:
            raise Refused(f"namespaces \"{namespace}\" not found")
        key = kind, namespace, metadata["name"]
        done = "configured" if key in self.objects else "created"
        self.objects[key] = manifest
        self.start(manifest)
        group = manifest["apiVersion"].partition("/")[0] if "/" in manifest["apiVersion"] else ""
        return f"{kind.lower()}{'.' if group else ''}{group}/{metadata['name']} {done}\n"

    def delete(self, manifest):
        key = manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
        if key not in self.objects:
            raise Refused(f"{key} not found")
        self.stop_object(self.objects.pop(key))
        return f"{key[0].lower()} \"{key[2]}\" deleted\n"

    def check_class(self, manifest):
        parameters = manifest["spec"]["parameters"]
        for name, value in parameters.items():
            if not isinstance(value, str) or "${" in value or not value:
                raise Refused(f"{name} is {value!r}: a variable was not filled in")

    def named(self, reference, namespace):
        kinds = {"daemonset": "DaemonSet", "deployment": "Deployment", "pod": "Pod"}
        kind, _, name = reference.partition("/")
        try:
            return self.objects[kinds[kind], namespace, name]
        except KeyError:
            raise Refused(f"{reference} not found in {namespace}") from None

    # MARK: helm

    def helm(self, words, place, text):
        # Not `build`: it fails without `helm repo add` once an earlier run has written Chart.lock.
        if words[:2] == ["dependency", "update"]:
            if not (place / words[2] / "Chart.yaml").exists():
                raise Refused(f"{words[2]} is not a chart")
            return "Saving 1 charts\n"
        if words[0] == "uninstall":
            for manifest in reversed(self.releases.pop(words[1])):
                self.delete(manifest)
            return f"release \"{words[1]}\" uninstalled\n"
        if words[0] != "install" or words[2] != str(c.CHART.relative_to(c.ROOT)):
            raise Refused(f"helm {' '.join(words)} is not part of this cluster")
        result = subprocess.run([c.TOOLS / "helm", "template", words[1], self.chart.path, *words[3:]], capture_output=True, text=True,
                                check=False, cwd=place)
        if result.returncode != 0:
            raise Refused(result.stderr)
        manifests = [document for document in yaml.safe_load_all(result.stdout) if document]
        for manifest in manifests:
            # The stand-in of the driver's chart has neither a namespace nor a DaemonSet.
            manifest["metadata"].setdefault("namespace", "kube-system")
            self.apply(manifest)
        driver = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": DRIVER, "namespace": "kube-system"}}
        self.objects["DaemonSet", "kube-system", DRIVER] = driver
        self.releases[words[1]] = [*manifests, driver]
        return f"NAME: {words[1]}\nSTATUS: deployed\n"

    def driver_values(self):
        manifest = self.objects.get(("ConfigMap", "kube-system", "drivers-values"))
        return yaml.safe_load(manifest["data"]["values"]) if manifest else {}

    # MARK: images

    def docker(self, words, place, text):
        found, rest, _ = options(words)
        if words[0] == "build":
            if found["file"] != [str(images.CONTAINERFILE.relative_to(c.ROOT))] or rest[1] != ".":
                raise Refused("docker build of what?")
            stage = found.get("target", images.stages()[-1:])[0]
            if stage not in images.stages():
                raise Refused(f"the Containerfile has no stage {stage}")
            self.built[found["tag"][0]] = stage
            return f"naming to {found['tag'][0]}\n"
        if words[0] == "push" and words[1] in self.built:
            self.loaded.add(words[1])
            return f"{words[1].rpartition(':')[2]}: digest: sha256:{'0' * 64} size: 528\n"
        raise Refused(f"docker {' '.join(words)}: the image was not built")

    def kind(self, words, place, text):
        if words[:2] == ["load", "docker-image"]:
            _, [*tags], _ = options(words[2:])
            if not set(tags) <= set(self.built):
                raise Refused(f"{tags} were not built")
            self.loaded |= set(tags)
            return ""
        if words[1:2] == ["cluster"] and words[0] in ("create", "delete"):
            return ""
        raise Refused(f"kind {' '.join(words)}")

    def stage(self, reference):
        """The image of a container, which the nodes must have."""
        if reference not in self.loaded:
            raise Refused(f"the nodes cannot pull {reference}: they have {sorted(self.loaded)}")
        return self.built[reference]

    def sleep(self, words, place, text):
        """The loops of the page repeat without a pause."""

    def empty(self, name):
        place = self.directory / name
        if place.exists():
            shutil.rmtree(place)
        place.mkdir(parents=True)
        return place
