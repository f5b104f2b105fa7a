"""The image's files, and the DaemonSet's containers run with nothing but them, as the manifest says."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest
import urllib.request

import yaml

import charts as c
import container
import images
import world as w

IMAGE = c.ROOT / "deploy/image"
CONTAINERFILE = (IMAGE / "Containerfile").read_text()


def root_file_system(place, program="akv-csi"):
    subprocess.run([IMAGE / "rootfs.sh", w.PROGRAMS / program, place], check=True, stdout=subprocess.DEVNULL)


def digest(directory):
    """Of names, kinds, modes, times and contents."""
    summary = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        information = path.lstat()
        summary.update(f"{path.relative_to(directory)} {information.st_mode} {information.st_mtime_ns}\n".encode())
        summary.update(os.readlink(path).encode() if path.is_symlink() else b"" if path.is_dir() else path.read_bytes())
    return summary.hexdigest()


def mount(world, socket):
    """Mounts a secret as the driver does, which is root, and gives what is in the volume."""
    token = world.directory / "token"
    token.write_text(world.token())
    manifest = world.directory / "class.yaml"
    manifest.write_text(f"""
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {{name: image, namespace: team-a}}
spec:
  provider: azure
  parameters:
    clientID: {w.READER}
    keyvaultName: kv-tests
    tenantID: {w.TENANT}
    objects: |
      array:
        - {{objectName: plain, objectType: secret}}
""")
    target = world.directory / "volume"
    subprocess.run([w.PROGRAMS / "akv-csi", "mount", "--file", manifest, "--endpoint", f"unix://{socket}", "--target", target,
                    "--token-file", token, "--service-account", "reader"],
                   check=True, stdout=subprocess.DEVNULL, timeout=w.DEADLINE)
    return (target / "plain").read_bytes()


def setUpModule():
    global ROOT_FILES, DIGEST
    directory = pathlib.Path(tempfile.mkdtemp(prefix="akv-image-", dir="/tmp"))
    unittest.addModuleCleanup(shutil.rmtree, directory)
    # Another user has to reach it.
    directory.chmod(0o755)
    ROOT_FILES = directory / "root"
    root_file_system(ROOT_FILES)
    # Before containers make mount points in it.
    DIGEST = digest(ROOT_FILES)


class ImageTest(unittest.TestCase):
    def setUp(self):
        self.root = ROOT_FILES

    def test_the_same_input_gives_the_same_files(self):
        again = self.root.parent / "again"
        root_file_system(again)
        self.addCleanup(shutil.rmtree, again)
        self.assertEqual(digest(again), DIGEST)

    def test_the_image_contains_only_the_necessary_programs(self):
        programs = sorted(path.name for path in (self.root / "usr/bin").iterdir())
        self.assertEqual(programs, ["chgrp", "chmod", "ln", "mkdir", "rm", "sh"])
        self.assertEqual([path.name for path in (self.root / "usr/local/bin").iterdir()], ["akv-csi"])
        for path in self.root.rglob("*"):
            mode = path.lstat().st_mode
            self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID), path)
            self.assertTrue(stat.S_ISLNK(mode) or not mode & stat.S_IWOTH, path)

    def test_the_authorities_are_debians_alone(self):
        bundle = (self.root / "etc/ssl/certs/ca-certificates.crt").read_text()
        self.assertGreater(bundle.count("-----BEGIN CERTIFICATE-----"), 100)
        self.assertTrue((self.root / "var/lib/dpkg/status.d/ca-certificates").exists())

    def test_the_emulators_image_has_what_its_manifest_calls(self):
        root = self.root.parent / "emulator"
        root_file_system(root, "akv-emulator")
        self.addCleanup(shutil.rmtree, root)
        self.assertEqual([path.name for path in (root / "usr/bin").iterdir()], ["cat"])
        self.assertEqual([path.name for path in (root / "usr/local/bin").iterdir()], ["akv-emulator"])
        deployment = next(document for document in yaml.safe_load_all((c.ROOT / "deploy/emulator/emulator.yaml").read_text())
                          if document["kind"] == "Deployment")
        emulator = deployment["spec"]["template"]["spec"]["containers"][0]
        self.assertTrue((root / emulator["workingDir"].lstrip("/")).is_dir())
        self.assertIn(f"\nWORKDIR {emulator['workingDir']}\n", CONTAINERFILE)
        self.assertEqual(images.entry_point("akv-emulator"), ["/usr/local/bin/akv-emulator"])
        self.assertIn(f"akv-emulator:x:{emulator['securityContext']['runAsUser']}:", (root / "etc/passwd").read_text())

    def test_no_other_program_has_an_image(self):
        result = subprocess.run([IMAGE / "rootfs.sh", "/bin/true", self.root.parent / "other"], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (64, "true is not a program with an image\n"))

    def test_every_package_comes_with_its_licence(self):
        for package in (self.root / "var/lib/dpkg/status.d").iterdir():
            self.assertTrue((self.root / "usr/share/doc" / package.name / "copyright").stat().st_size, package.name)
            self.assertIn(f"Package: {package.name}\n", package.read_text())

    def test_the_containerfile_does_what_is_tested_here(self):
        for words in ["deploy/image/rootfs.sh", "deploy/image/sbom.py", "FROM scratch"]:
            self.assertIn(words, CONTAINERFILE)
        # Who names no target gets the provider.
        self.assertEqual(images.stages()[-1], "akv-csi")
        self.assertEqual(images.entry_point("akv-csi"), ["/usr/local/bin/akv-csi", "serve"])
        context = c.provider(self.chart().render())["securityContext"]
        self.assertIn(f"USER {context['runAsUser']}:{context['runAsGroup']}\n", CONTAINERFILE)
        self.assertIn(f"akv-csi:x:{context['runAsUser']}:", (self.root / "etc/passwd").read_text())

    def chart(self):
        chart = c.Chart()
        self.addCleanup(chart.close)
        return chart


@unittest.skipIf(os.geteuid() != 0, "only root can make mount namespaces and change its user")
class ContainersTest(unittest.TestCase):
    """The pod as the chart renders it, in the image's files, under the manifest's security context."""

    def setUp(self):
        self.world = w.World()
        self.addCleanup(self.world.stop)
        self.root = ROOT_FILES
        self.providers = self.world.directory / "providers"
        # So that the socket's directory can be reached by another user.
        self.world.directory.chmod(0o755)

    def render(self, **linux):
        chart = c.Chart()
        self.addCleanup(chart.close)
        manifests = chart.render({
            "linux": {"providersDir": str(self.providers), "healthzHost": "127.0.0.1",
                      # Ports of the kernel's choice; of flags given twice the last counts.
                      "extraArgs": ["--healthz-port=0", "--prometheus-port=0"], **linux},
            "metricsHost": "127.0.0.1",
            "proxy": {"https": f"http://127.0.0.1:{self.world.endpoints['proxyPort']}"},
            "caBundle": {"pem": (self.world.directory / "azure/ca.pem").read_text()},
        })
        # What the kubelet does with the pod's volumes.
        volumes = {}
        for volume in c.pod(manifests)["volumes"]:
            if "hostPath" in volume:
                path = pathlib.Path(volume["hostPath"]["path"])
                path.mkdir(mode=0o755, exist_ok=True)
            else:
                path = self.world.directory / f"volume-{volume['name']}"
                path.mkdir(exist_ok=True)
                data = c.only(manifests, "ConfigMap")["data"]
                for item in volume["configMap"]["items"]:
                    (path / item["path"]).write_text(data[item["key"]])
            volumes[volume["name"]] = path
        return manifests, volumes

    def initialise(self, manifests, volumes):
        for item in c.pod(manifests).get("initContainers", []):
            process = container.start(item, self.root, volumes)
            self.assertEqual(process.wait(timeout=w.DEADLINE), 0)

    def serve(self, manifests, volumes):
        self.world.log_path.unlink(missing_ok=True)
        with self.world.log_path.open("w") as log:
            process = container.start(c.provider(manifests), self.root, volumes, stderr=log,
                                      entry_point=images.entry_point("akv-csi"))
        self.world.processes.append(process)
        w.until(lambda: process.poll() is not None or any(
            json.loads(line)["msg"] == "serving" for line in self.world.log_path.read_text().splitlines()), "the provider")
        self.assertIsNone(process.poll(), self.world.log_path.read_text())
        return process

    def assert_serves(self):
        self.assertEqual(mount(self.world, self.providers / "azure.sock"), b"plain value")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.world.health_port()}/healthz", timeout=w.DEADLINE) as answer:
            self.assertEqual(answer.read(), b"ok")

    def assert_confined(self, process, user, group):
        status = dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.M))
        self.assertEqual(set(status["Uid"].split()) | set(status["Gid"].split()), {str(user), str(group)})
        for capabilities in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]:
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)
        self.assertEqual(status["NoNewPrivs"], "1")
        mounts = [line.split() for line in pathlib.Path(f"/proc/{process.pid}/mounts").read_text().splitlines()]
        root = [fields for fields in mounts if fields[1] == "/"][-1]
        self.assertIn("ro", root[3].split(","))

    def test_not_root_behind_the_init_step(self):
        manifests, volumes = self.render()
        self.initialise(manifests, volumes)
        process = self.serve(manifests, volumes)
        self.assert_confined(process, 10898, 10898)
        self.assert_serves()
        self.assertEqual(os.readlink(self.providers / "azure.sock"), "azure/azure.sock")
        # The drivers' directory stays root's alone, and the socket its owner's.
        self.assertEqual((self.providers.stat().st_uid, stat.S_IMODE(self.providers.stat().st_mode)), (0, 0o755))
        self.assertEqual(stat.S_IMODE((self.providers / "azure/azure.sock").stat().st_mode), 0o700)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=w.DEADLINE), 0)
        self.assertFalse((self.providers / "azure/azure.sock").exists())

    def test_after_a_kill_the_container_and_the_pod_start_again(self):
        manifests, volumes = self.render()
        self.initialise(manifests, volumes)
        self.serve(manifests, volumes).kill()
        self.world.processes[-1].wait()
        # The container alone, over the socket that the kill left behind; then the whole pod.
        self.serve(manifests, volumes).kill()
        self.world.processes[-1].wait()
        self.initialise(manifests, volumes)
        self.serve(manifests, volumes)
        self.assert_serves()

    def test_the_socket_of_azures_provider_is_replaced_and_restored_as_root(self):
        self.providers.mkdir()
        (self.providers / "azure.sock").write_bytes(b"")
        manifests, volumes = self.render(securityContext={"runAsUser": 0, "runAsGroup": 0})
        self.initialise(manifests, volumes)
        process = self.serve(manifests, volumes)
        self.assert_confined(process, 0, 0)
        self.assert_serves()

    def test_without_the_init_step_in_a_directory_of_its_own(self):
        self.providers.mkdir()
        os.chown(self.providers, 10898, 10898)
        manifests, volumes = self.render(socketDirectory={"init": False})
        process = self.serve(manifests, volumes)
        self.assert_confined(process, 10898, 10898)
        self.assert_serves()


if __name__ == "__main__":
    unittest.main()
