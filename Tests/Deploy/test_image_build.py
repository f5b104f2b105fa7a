"""The image that buildah makes from the Containerfile: its labels, its bill of materials, and a run."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import charts as c
import test_image
import world as w


@unittest.skipIf(os.geteuid() != 0, "only root can mount an image's files")
class ImageBuildTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="akv-build-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.flags = ["--root", str(directory / "store"), "--runroot", str(directory / "run"), "--storage-driver", "vfs"]
        subprocess.run([c.ROOT / "deploy/image/build.sh", w.PROGRAMS / "akv-csi", "akv-csi:test"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "BUILDAH_FLAGS": " ".join(cls.flags)})
        cls.container = cls.buildah("from", "akv-csi:test").strip()
        cls.root = pathlib.Path(cls.buildah("mount", cls.container).strip())
        cls.addClassCleanup(cls.buildah, "rm", cls.container)

    @classmethod
    def buildah(cls, *words):
        return subprocess.run(["buildah", *cls.flags, *words], check=True, capture_output=True, text=True).stdout

    def test_the_labels_describe_the_image(self):
        image = json.loads(self.buildah("inspect", "--type", "image", "akv-csi:test"))["OCIv1"]
        config = image["config"]
        self.assertEqual((config["User"], config["Entrypoint"]), ("10898:10898", ["/usr/local/bin/akv-csi", "serve"]))
        version = subprocess.run([w.PROGRAMS / "akv-csi", "--version"], check=True, capture_output=True, text=True).stdout.split()[0]
        self.assertEqual(config["Labels"]["org.opencontainers.image.version"], version)
        self.assertEqual(image["architecture"], {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine])
        # One layer of files, without a distribution below it.
        self.assertEqual(len(image["rootfs"]["diff_ids"]), 1)

    def test_bill_of_materials(self):
        text = (self.root / "usr/share/sbom/akv-csi.cdx.json").read_text()
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text))
        components = {component["bom-ref"]: component for component in json.loads(text)["components"]}
        for package in (self.root / "var/lib/dpkg/status.d").iterdir():
            self.assertIn(f"deb:{package.name}", components)
        for package in ["swift-nio-ssl", "swift-nio", "swift-crypto", "swift-argument-parser"]:
            self.assertRegex(components[f"swift:{package}"]["purl"], rf"^pkg:swift/github\.com/[a-z-]+/{package}@\d+\.\d+\.\d+$")
        # The node's image does not contain the emulator, which can issue tokens, or its libraries.
        for package in ["jwt-kit", "hummingbird", "yams", "async-http-client"]:
            self.assertNotIn(f"swift:{package}", components)
        # Linked statically in what ships.
        for package in ["libgrpc++-dev", "libprotobuf-dev", "libabsl-dev", "libc-ares-dev"]:
            self.assertIn(f"deb:{package}", components)

    def test_the_emulators_image(self):
        subprocess.run([c.ROOT / "deploy/image/build.sh", w.PROGRAMS / "akv-emulator", "akv-emulator:test"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "BUILDAH_FLAGS": " ".join(self.flags)})
        config = json.loads(self.buildah("inspect", "--type", "image", "akv-emulator:test"))["OCIv1"]["config"]
        self.assertEqual((config["User"], config["Entrypoint"], config["WorkingDir"]),
                         ("10898:10898", ["/usr/local/bin/akv-emulator"], "/var/lib/akv-emulator"))
        # A command of `kubectl exec` is looked up here.
        self.assertIn("PATH=/usr/local/bin:/usr/bin", config["Env"])
        said = subprocess.run([w.PROGRAMS / "akv-emulator", "--version"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(config["Labels"]["org.opencontainers.image.version"], said.split()[0])
        container = self.buildah("from", "akv-emulator:test").strip()
        self.addCleanup(self.buildah, "rm", container)
        root = pathlib.Path(self.buildah("mount", container).strip())
        text = (root / "usr/share/sbom/akv-emulator.cdx.json").read_text()
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text))
        document = json.loads(text)
        self.assertEqual(document["metadata"]["component"]["version"], said.split()[0])
        components = {component["bom-ref"] for component in document["components"]}
        self.assertLessEqual({"swift:jwt-kit", "swift:hummingbird", "swift:yams"}, components)
        # Linked statically in what ships.
        self.assertLessEqual({"deb:libssl-dev", "deb:zlib1g-dev"}, components)
        self.assertNotIn("deb:libgrpc++-dev", components)

    def processes(self):
        """The provider's processes in this image's files."""
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str((entry / "exe").readlink()).startswith("/") and "/provider/azure.sock" in (entry / "cmdline").read_text() \
                        and (entry / "exe").readlink().name == "akv-csi" and str(self.world.directory) in (entry / "environ").read_text():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue

    def test_it_runs_under_the_seccomp_profile_of_container_runtimes(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.world.directory.chmod(0o755)
        sockets = self.world.directory / "sockets"
        sockets.mkdir()
        os.chown(sockets, 10898, 10898)
        authorities = self.world.directory / "authorities"
        authorities.mkdir()
        shutil.copy(self.world.directory / "azure/ca.pem", authorities)
        with self.world.log_path.open("w") as log:
            run = subprocess.Popen(
                ["buildah", *self.flags, "run", "--isolation", "chroot", "--user", "10898:10898", "--cap-drop", "ALL",
                 "--volume", f"{sockets}:/provider", "--volume", f"{authorities}:/authorities:ro",
                 "--env", f"HTTPS_PROXY={self.world.environment['HTTPS_PROXY']}", "--env", "SSL_CERT_DIR=/authorities",
                 "--env", f"WORLD={self.world.directory}", self.container, "--",
                 "/usr/local/bin/akv-csi", "serve", "--endpoint=unix:///provider/azure.sock", "--healthz-port=0",
                 "--healthz-host=127.0.0.1", "--prometheus-port=0", "--metrics-host=127.0.0.1"], stderr=log)
        self.world.processes.append(run)
        w.until(lambda: run.poll() is not None or (sockets / "azure.sock").exists(), "the provider's socket")
        process = next(iter(self.processes()), None)
        self.assertIsNotNone(process, self.world.log_path.read_text())
        status = dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{process}/status").read_text(), re.M))
        self.assertEqual((status["Seccomp"], int(status["CapEff"], 16), status["Uid"].split()[0]), ("2", 0, "10898"))
        self.assertEqual(test_image.mount(self.world, sockets / "azure.sock"), b"plain value")
        os.kill(process, signal.SIGTERM)
        self.assertEqual(run.wait(timeout=w.DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
