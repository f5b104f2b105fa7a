"""Renders the chart with the real helm, and validates manifests by Kubernetes' own types."""

import functools
import pathlib
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import kubernetes_validate.utils
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".build/tools"
CHART = ROOT / "deploy/charts/akv-csi"
NAME = "csi-secrets-store-provider-azure"
# The oldest and the newest version with schemas.
KUBERNETES = ["1.25.0", "1.37.0"]
# The chart refuses its placeholder, so tests name another image.
IMAGE = "registry.test.internal/akv-csi"

# The schemas of a release have a megabyte, and without this cache each manifest reads them again.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)

sys.path.insert(0, str(ROOT / "Tests/Python"))


class Refused(Exception):
    """helm refused to render the chart, with the reason."""


class Chart:
    """A copy of the chart with a stand-in for the driver's chart, which helm would download."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="akv-chart-", dir="/tmp")
        self.path = pathlib.Path(self._directory.name) / "akv-csi"
        shutil.copytree(CHART, self.path)
        driver = self.path / "charts/secrets-store-csi-driver"
        (driver / "templates").mkdir(parents=True)
        dependency = yaml.safe_load((CHART / "Chart.yaml").read_text())["dependencies"][0]
        (driver / "Chart.yaml").write_text(yaml.safe_dump(
            {"apiVersion": "v2", "name": dependency["name"], "version": dependency["version"]}))
        (driver / "templates/values.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: drivers-values}\ndata:\n  values: {{ toJson .Values | quote }}\n")

    def close(self):
        self._directory.cleanup()

    def helm(self, command, *words, values=None):
        """Runs a helm command on the chart with a values file, and returns its output."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=self._directory.name) as file:
            yaml.safe_dump(values or {}, file)
            file.flush()
            result = subprocess.run(
                [TOOLS / "helm", command, *words, "--values", file.name], capture_output=True, text=True, check=False,
                cwd=self._directory.name, timeout=300)
        if result.returncode != 0:
            raise Refused(result.stderr)
        return result.stdout

    def text(self, values=None, release=NAME, namespace="kube-system", driver=False):
        values = with_image({"secrets-store-csi-driver": {"install": driver}, **(values or {})})
        return self.helm("template", release, self.path, "--namespace", namespace, values=values)

    def render(self, values=None, **options):
        """The rendered manifests for `values`, all of them validated."""
        manifests = [document for document in yaml.safe_load_all(self.text(values, **options)) if document]
        for manifest in manifests:
            validate(manifest)
        return manifests


def with_image(values):
    """The values, with an image if they do not name one."""
    linux = values.get("linux", {})
    if not isinstance(linux, dict) or "repository" in linux.get("image", {}):
        return values
    return {**values, "linux": {**linux, "image": {"repository": IMAGE, **linux.get("image", {})}}}


def validate(manifest):
    """Fails for an unknown field, a wrong type, or a missing one, by the types of several Kubernetes releases."""
    if manifest["apiVersion"].startswith("monitoring.coreos.com/"):
        return
    for version in KUBERNETES:
        kubernetes_validate.validate(manifest, version, strict=True)


def only(manifests, kind):
    found = [manifest for manifest in manifests if manifest["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of kind {kind}"
    return found[0]


def pod(manifests):
    return only(manifests, "DaemonSet")["spec"]["template"]["spec"]


def provider(manifests):
    """The container that serves."""
    return next(container for container in pod(manifests)["containers"] if container["name"] == "provider")


def arguments(manifests):
    """Its flags, as a dictionary."""
    return dict(word.lstrip("-").split("=", 1) for word in provider(manifests)["args"])


def environment(manifests):
    return {variable["name"]: variable.get("value") for variable in provider(manifests).get("env", [])}
