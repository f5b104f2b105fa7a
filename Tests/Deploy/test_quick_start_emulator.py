"""The quick start without Azure, command by command, with the real programs in their images' files."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import charts as c
import page
import pod_security
import running_cluster
import world as w

PAGE = c.ROOT / "docs/use/quick-start.md"
SECTION = "Without Azure"
EMULATOR = ("Deployment", "akv-emulator", "akv-emulator")
PROVIDER = ("DaemonSet", "kube-system", "csi-csi-secrets-store-provider-azure")


@unittest.skipIf(os.geteuid() != 0, "only root can make networks and change its user")
class EmulatorTest(unittest.TestCase):
    """Each test runs the page's commands up to the step that it needs."""

    @classmethod
    def setUpClass(cls):
        cls.image_files = pathlib.Path(tempfile.mkdtemp(prefix="akv-images-", dir="/tmp"))
        cls.image_files.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.image_files)

    def setUp(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="akv-qs-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, directory)
        self.cluster = running_cluster.RunningCluster(directory, self.image_files)
        self.addCleanup(self.cluster.close)
        # A copy of the files that the commands read, so that they do not write into the sources.
        self.source = directory / "source"
        shutil.copytree(c.ROOT / "deploy", self.source / "deploy", symlinks=True)
        self.programs = page.Programs(directory, ["kubectl", "helm", "docker", "kind", "sleep"], self.cluster.handle)
        self.addCleanup(self.programs.stop)
        self.steps = [step for step in page.steps(PAGE) if step.section == SECTION]

    def run_steps(self, *steps):
        for step in steps:
            output, failure = self.programs.run(step.script, self.source, {})
            self.assertEqual(failure, "", step.script)
            self.assertIsNone(page.shows(step.output, output), f"the page shows another output of\n{step.script}\n{output}")

    def until_pod(self):
        """The steps up to the pod with its files."""
        [index] = [index for index, step in enumerate(self.steps) if "pod.yaml" in step.script and "kubectl wait" in step.script]
        self.run_steps(*self.steps[:index + 1])
        return self.steps[index + 1:]

    def test_the_whole_section(self):
        rest = self.until_pod()
        target = self.cluster.mounted["reader"]
        self.assertEqual({path.name: path.read_text() for path in target.iterdir() if not path.name.startswith("..")},
                         {"db-password": "first-password", "api-key": "pk_live_51c0ffee"})
        self.assertIn("/openid/v1/jwks", self.cluster.issuer.asked)
        self.run_steps(rest[0])
        self.assertEqual((target / "db-password").read_text(), "second-password")
        # The clean-up removes everything.
        self.run_steps(*rest[1:])
        left = {key for key in self.cluster.objects if key[1:] not in {("", "kube-system"), ("", "default")}}
        self.assertEqual({key for key in left if key[1] not in ("quick-start", "akv-emulator")}, set())
        self.assertEqual(self.cluster.processes, {})
        self.assertFalse((self.source / "emulator-ca.pem").exists())

    def test_only_the_pods_account_gets_the_files(self):
        self.until_pod()
        pod = self.cluster.objects["Pod", "quick-start", "reader"]
        for kind, name in [("ServiceAccount", "other")]:
            self.cluster.apply({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "quick-start"}})
        other = {**pod, "metadata": {**pod["metadata"], "name": "other"}, "spec": {**pod["spec"], "serviceAccountName": "other"}}
        with self.assertRaisesRegex(page.Refused, "AADSTS700213"):
            self.cluster.apply(other)
        # A token that the cluster did not sign.
        real = self.cluster.issuer.key
        self.cluster.issuer.replace_key()
        forged = self.cluster.issuer.token
        token = forged("quick-start", "reader", "api://AzureADTokenExchange")
        self.cluster.issuer.key = real
        self.cluster.issuer.token = lambda *_: token
        with self.assertRaisesRegex(page.Refused, "AADSTS700027"):
            self.cluster.mount(pod)

    def test_nothing_but_azure_is_reached_and_controls_stay_on_loopback(self):
        self.until_pod()
        listeners = self.cluster.network.listeners()
        self.assertLessEqual({8080, 8443, 8898, 8989}, listeners["0.0.0.0"])
        self.assertEqual(listeners["0.0.0.0"], {8080, 8443, 8898, 8989})
        # The controls, which kubectl port-forward can reach, and the services of a node.
        self.assertIn(8081, listeners["127.0.0.1"])
        self.assertEqual(len(listeners["127.0.0.1"]), 2)
        self.assertEqual(set(listeners), {"0.0.0.0", "127.0.0.1", "10.96.0.1"})
        for port in listeners["127.0.0.1"]:
            self.assertFalse(self.cluster.network.accepts("10.96.0.7", port))

    def test_a_restarted_emulator_keeps_its_authority_and_secrets(self):
        rest = self.until_pod()
        before = (self.source / "emulator-ca.pem").read_text()
        self.run_steps(rest[0])
        # The kubelet restarts a container with the same volumes.
        process = self.cluster.processes[EMULATOR]
        process.kill()
        process.wait()
        empty = self.cluster.empty
        self.cluster.empty = lambda name: self.cluster.directory / name if name.endswith("-state") else empty(name)
        self.cluster.run(EMULATOR, self.cluster.objects[EMULATOR]["spec"]["template"]["spec"])
        self.cluster.ready(self.cluster.objects[EMULATOR])
        after = self.cluster.execute(self.cluster.objects[EMULATOR], ["cat", "akv-emulator.d/ca.pem"])
        self.assertEqual(after, before)
        self.cluster.mount(self.cluster.objects["Pod", "quick-start", "reader"])
        self.assertEqual((self.cluster.mounted["reader"] / "db-password").read_text(), "second-password")

    def test_a_new_signing_key_of_the_cluster_counts_immediately(self):
        self.until_pod()
        self.cluster.issuer.replace_key()
        # The kubelet gives the emulator's pod a new token as well.
        deployment = self.cluster.objects[EMULATOR]
        self.cluster.account(EMULATOR, deployment["spec"]["template"]["spec"])
        # The driver's new token is exchanged again, because it is another credential.
        self.cluster.mount(self.cluster.objects["Pod", "quick-start", "reader"])

    def test_the_emulator_names_the_command_for_a_token(self):
        self.run_steps(*self.steps[:2])
        with self.assertRaisesRegex(page.Refused, "kubectl create token reader --namespace quick-start"):
            self.cluster.execute(self.cluster.objects[EMULATOR], ["akv-emulator", "token", "-n", "quick-start", "reader"])

    def test_without_the_role_the_emulator_says_what_is_missing(self):
        self.cluster.issuer.accepts = lambda token: False
        self.run_steps(self.steps[0])
        output, failure = self.programs.run(self.steps[1].script, self.source, {})
        self.assertIn("system:service-account-issuer-discovery", failure)


class ManifestTest(unittest.TestCase):
    def test_the_emulator_is_as_confined_as_the_standard_restricted_asks(self):
        text = subprocess.run([c.TOOLS / "kubectl", "kustomize", c.ROOT / "deploy/emulator"], check=True, capture_output=True, text=True).stdout
        for document in yaml.safe_load_all(text):
            c.validate(document)
            if document["kind"] == "Deployment":
                self.assertEqual(pod_security.violations(document["spec"]["template"]["spec"]), [])
        pod = yaml.safe_load((c.ROOT / "deploy/examples/quick-start/pod.yaml").read_text())
        self.assertEqual(pod_security.violations(pod["spec"]), [])

    def test_page_seed_and_manifests_name_the_same_things(self):
        seed = yaml.safe_load((c.ROOT / "deploy/emulator/seed.yaml").read_text())
        [identity], [vault] = seed["identities"], seed["vaults"]
        text = PAGE.read_text()
        for value in [f"CLIENT_ID={identity['clientID']}", f"TENANT_ID={identity['tenantID']}", f"VAULT={vault['name']}"]:
            self.assertIn(value, text)
        pod = yaml.safe_load((c.ROOT / "deploy/examples/quick-start/pod.yaml").read_text())
        subject = f"system:serviceaccount:{pod['metadata']['namespace']}:{pod['spec']['serviceAccountName']}"
        self.assertEqual([credential["subject"] for credential in identity["federatedCredentials"]], [subject])
        self.assertIn(f"--subject {subject}", text)
        objects = re.findall(r"objectName: (\S+)", (c.ROOT / "deploy/examples/quick-start/class.yaml").read_text())
        self.assertEqual(sorted(objects), sorted(secret["name"] for secret in vault["secrets"]))

    def test_the_listening_address_is_checked(self):
        for address in ["everywhere", "0.0.0.0:80", "akv-emulator", "1.2.3"]:
            result = subprocess.run([w.PROGRAMS / "akv-emulator", "serve", "--seed", c.ROOT / "deploy/emulator/seed.yaml",
                                     f"--listen={address}"], capture_output=True, text=True, check=False, timeout=w.DEADLINE)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("is not an IP address", result.stderr)

    def test_outside_a_cluster_the_flag_is_refused(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")}
        result = subprocess.run([w.PROGRAMS / "akv-emulator", "serve", "--seed", c.ROOT / "deploy/emulator/seed.yaml", "--in-cluster"],
                                capture_output=True, text=True, check=False, timeout=w.DEADLINE, env=environment)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("not a pod of a Kubernetes cluster", result.stderr)


if __name__ == "__main__":
    unittest.main()
