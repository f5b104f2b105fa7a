"""`kubectl akv` with a kubectl that reads objects from a file and runs the real provider's program for `exec`."""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

import world as w
from test_status import MountingTest

AUDIENCE = "api://AzureADTokenExchange"
SECRET_VALUE = "plain value"


def pod(name, *classes, namespace="team-a", node="node-1", uid=None, owner=None, account="reader", reference=None):
    volumes = []
    for number, class_name in enumerate(classes):
        csi = {"driver": "secrets-store.csi.k8s.io", "readOnly": True, "volumeAttributes": {"secretProviderClass": class_name}}
        if reference:
            csi["nodePublishSecretRef"] = {"name": reference}
        volumes.append({"name": f"secrets-{number}", "csi": csi})
    metadata = {"name": name, "namespace": namespace, "uid": uid or f"uid-{name}"}
    if owner:
        metadata["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner, "name": "x", "uid": "x", "controller": True}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"phase": "Running"},
            "spec": {"serviceAccountName": account, "nodeName": node, "containers": [{"name": "app", "image": "app"}], "volumes": volumes}}


def secret_provider_class(name="payments", namespace="team-a", objects="array:\n  - |\n    objectName: plain\n    objectType: secret\n",
                          **parameters):
    parameters = {"clientID": w.READER, "keyvaultName": "kv-tests", "tenantID": w.TENANT, "objects": objects, **parameters}
    return {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"provider": "azure", "parameters": {key: value for key, value in parameters.items() if value is not None}}}


def service_account(name="reader", namespace="team-a"):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


CSI_DRIVER = {
    "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "secrets-store.csi.k8s.io"},
    "spec": {"podInfoOnMount": True, "requiresRepublish": True, "volumeLifecycleModes": ["Ephemeral"],
             "tokenRequests": [{"audience": AUDIENCE}]}}


class KubectlTest(MountingTest):
    def setUp(self):
        super().setUp()
        self.directory = self.world.directory / self._testMethodName
        self.directory.mkdir()
        fake = w.ROOT / "Tests/Python/fake_kubectl.py"
        self.kubectl = self.directory / "kubectl"
        self.kubectl.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
        self.kubectl.chmod(0o755)
        self.plugin = self.directory / "kubectl-akv"
        self.plugin.symlink_to((w.PROGRAMS / "akv-csi").resolve())
        self.program = {"program": str((w.PROGRAMS / "akv-csi").resolve()), "environment": self.world.environment}
        self.cluster = {
            "namespace": "team-a", "tokens": {AUDIENCE: self.token}, "forbidden": [],
            "objects": [CSI_DRIVER, self.provider_pod("provider-1", "node-1"), service_account(), secret_provider_class()],
            "executions": {"provider-1": self.program}}

    def provider_pod(self, name, node):
        return {"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"},
                "metadata": {"name": name, "namespace": "kube-system", "uid": name,
                             "labels": {"app": "csi-secrets-store-provider-azure"}},
                "spec": {"nodeName": node, "containers": [
                    {"name": "sidecar", "image": "sidecar"},
                    {"name": "provider", "image": "registry.example.com/akv-csi:v0",
                     "args": [f"--endpoint=unix://{self.world.socket}", "--cloud-name", "AzurePublicCloud"]}]}}

    def environment_of_plugin(self):
        path = self.directory / "cluster.json"
        path.write_text(json.dumps(self.cluster))
        return {"PATH": os.environ["PATH"], "KUBECTL": str(self.kubectl), "FAKE_CLUSTER": str(path), **self.world.environment}

    def akv(self, *words, code=0, **environment):
        done = subprocess.run([self.plugin, *words], capture_output=True, text=True, timeout=w.DEADLINE,
                              env={**self.environment_of_plugin(), **environment})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn(self.token, done.stdout + done.stderr)
        self.assertNotIn(SECRET_VALUE, done.stdout + done.stderr)
        return done

    def calls(self):
        return [json.loads(line) for line in (self.directory / "calls").read_text().splitlines()]

    def add(self, *objects):
        self.cluster["objects"] += objects

    # Status

    def test_status_of_a_namespace_and_of_a_pod(self):
        self.serve()
        self.mount_pod("one", "plain")
        self.mount_pod("other", "plain", namespace="team-b")
        ended = {**pod("job", "payments"), "status": {"phase": "Succeeded"}}
        self.add(pod("one", "payments"), pod("waits", "payments"), pod("plain-pod"), ended)
        lines = self.akv("status").stdout.splitlines()
        self.assertEqual(lines[0].split()[:5], ["NAMESPACE", "POD", "CLASS", "STATUS", "OBJECTS"])
        self.assertEqual([line.split()[:4] for line in lines[1:]],
                         [["team-a", "one", "payments", "OK"], ["team-a", "waits", "payments", "Unknown"]])
        details = self.akv("status", "pod/one").stdout
        self.assertIn("team-a/one\n", details)
        self.assertRegex(details, r"Node +node-1\n")
        self.assertIn("secret/plain", details)
        self.assertIn("has not been asked for it", self.akv("status", "pod/waits").stdout)
        self.assertIn("No pod here mounts a SecretProviderClass", self.akv("status", "-n", "team-c").stderr)
        # The command runs in the provider's container.
        execution = [call for call in self.calls() if call[0] == "exec"][0]
        self.assertEqual(execution[:6], ["exec", "--namespace", "kube-system", "provider-1", "--container", "provider"])

    def test_a_recreated_pod_is_another_pod(self):
        self.serve()
        self.mount_pod("one", "plain")
        self.add(pod("one", "payments", uid="uid-new"))
        self.assertIn("Unknown", self.akv("status").stdout)

    def test_a_node_without_a_response_does_not_hide_the_others(self):
        self.serve()
        self.mount_pod("one", "plain")
        self.add(pod("one", "payments"), pod("two", "payments", node="node-2"), pod("three", "payments", node="node-3"),
                 self.provider_pod("provider-2", "node-2"))
        self.cluster["executions"]["provider-2"] = {
            "error": 'error: Internal error occurred: exec: "/usr/local/bin/akv-csi": stat /usr/local/bin/akv-csi: no such file or directory'}
        done = self.akv("status", code=1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split()[:3], ["NAMESPACE", "POD", "NODE"])
        # The state of the other nodes is not known, so their pods are not reported as unknown.
        self.assertEqual([line.split()[1:3] for line in lines[1:]], [["one", "node-1"]])
        self.assertIn("node node-2: provider-2 runs registry.example.com/akv-csi:v0, which has no", done.stderr)
        self.assertIn("node node-3: no provider runs on this node", done.stderr)
        document = json.loads(self.akv("status", "-o", "json", code=1).stdout)
        self.assertEqual([(node["node"], node["error"] is None) for node in document["nodes"]],
                         [("node-1", True), ("node-2", False), ("node-3", False)])
        self.assertEqual(document["nodes"][0]["status"]["volumes"][0]["pod"], "one")

    def test_status_of_the_whole_cluster(self):
        self.serve()
        self.mount_pod("one", "plain")
        self.mount_pod("other", "plain", namespace="team-b")
        lines = self.akv("status", "-A").stdout.splitlines()
        self.assertEqual([line.split()[:2] for line in lines[1:]], [["team-a", "one"], ["team-b", "other"]])
        # It reads only the providers' pods.
        self.assertEqual([call[:4] for call in self.calls() if call[0] == "get"], [["get", "pods", "--namespace", "kube-system"]])
        self.assertIn("secret/plain", self.akv("status", "-A", "-o", "wide").stdout)

    def test_status_of_a_provider_that_has_ended(self):
        self.serve()
        self.end()
        self.add(pod("one", "payments"))
        self.assertIn("node node-1: provider-1: no provider runs here", self.akv("status", code=1).stderr)

    def test_watch_writes_each_change(self):
        self.serve()
        self.add(pod("one", "payments"))
        with subprocess.Popen([self.plugin, "status", "-w", "-o", "json"], stdout=subprocess.PIPE, text=True,
                              env=self.environment_of_plugin()) as watch:
            self.assertEqual(len(json.loads(watch.stdout.readline())["unknownPods"]), 1)
            self.mount_pod("one", "plain")
            self.assertEqual(len(json.loads(watch.stdout.readline())["nodes"][0]["status"]["volumes"]), 1)
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(timeout=w.DEADLINE), 0)

    # The doctor

    def test_doctor_here_and_in_the_node(self):
        self.serve()
        self.add(pod("one", "payments"))
        for words in [(), ("--in-node",)]:
            with self.subTest(words):
                done = self.akv("doctor", "pod/one", *words)
                self.assertRegex(done.stdout, r"ok +Exchange")
                self.assertRegex(done.stdout, r"ok +Volume")
                self.assertEqual("ok    Provider" in done.stdout, bool(words), done.stdout)
        create = [call for call in self.calls() if call[0] == "create"]
        self.assertEqual(create[0], ["create", "token", "reader", "--audience", AUDIENCE, "--duration", "10m", "--bound-object-kind", "Pod",
                                     "--bound-object-name", "one", "--bound-object-uid", "uid-one", "--namespace", "team-a"])
        for call in self.calls():
            self.assertNotIn(self.token, " ".join(call))

    def test_doctor_finds_the_cause(self):
        self.add(pod("one", "payments", account="stranger"), service_account("stranger"))
        self.cluster["tokens"][AUDIENCE] = self.world.token("stranger")
        for words in [(), ("--in-node",)]:
            with self.subTest(words):
                done = self.akv("doctor", "one", "-n", "team-a", *words, code=1)
                self.assertIn("AADSTS", done.stdout)
                self.assertIn("To fix:", done.stdout)
                self.assertNotIn(self.cluster["tokens"][AUDIENCE], done.stdout + done.stderr)
        report, = json.loads(self.akv("doctor", "one", "-o", "json", code=1).stdout)
        self.assertEqual(report["cause"], "exchange")

    def test_doctor_looks_at_each_class_of_the_pod(self):
        self.add(pod("one", "payments", "broken"),
                 secret_provider_class("broken", objects="array:\n  - |\n    objectName: absent\n    objectType: secret\n"))
        done = self.akv("doctor", "pod/one", code=1)
        self.assertIn("secrets-0, class payments\n", done.stdout)
        self.assertIn("secrets-1, class broken\n", done.stdout)
        reports = json.loads(self.akv("doctor", "pod/one", "-o", "json", code=1).stdout)
        self.assertEqual([report["works"] for report in reports], [True, False])
        self.akv("doctor", "pod/one", "--class", "payments")
        self.assertIn("mounts no SecretProviderClass called x", self.akv("doctor", "pod/one", "--class", "x", code=1).stderr)

    def test_doctor_reads_the_secret_of_a_service_principal(self):
        value = "c2VjcmV0LXdpdGgtInF1b3RlcyIK"
        self.add(pod("one", "payments", reference="credentials"), {
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials", "namespace": "team-a"},
            "data": {"clientid": "MTExMTExMTEtYWFhYS00YWFhLThhYWEtMDAwMDAwMDAwMDA3", "clientsecret": value}})
        self.cluster["objects"] = [item for item in self.cluster["objects"] if item["kind"] != "SecretProviderClass"]
        self.add(secret_provider_class(clientID=None))
        for words in [(), ("--in-node",)]:
            with self.subTest(words):
                done = self.akv("doctor", "pod/one", *words, code=1)
                self.assertIn("AADSTS", done.stdout)
                self.assertNotIn("secret-with-", done.stdout + done.stderr)

    def test_doctor_works_without_optional_permissions(self):
        self.add(pod("one", "payments"))
        self.cluster["forbidden"] = ["get csidrivers.storage.k8s.io", "get serviceaccounts", "list pods"]
        done = self.akv("doctor", "pod/one")
        self.assertIn("not read: jane may not get csidrivers.storage.k8s.io in the whole cluster", done.stderr)

    # The check

    def test_check_reads_a_namespace(self):
        self.add(pod("one", "payments"), pod("copy", "payments", owner="ReplicaSet"))
        self.assertIn("No problems found in 4 objects.", self.akv("check").stdout)
        self.add(secret_provider_class("broken", keyvaultname="x", keyvaultName=None), pod("two", "absent"),
                 pod("copy-of-two", "absent", owner="ReplicaSet"))
        done = self.akv("check", code=1)
        self.assertRegex(done.stdout, r"secretproviderclass/broken:\d+:\d+: error: ")
        self.assertRegex(done.stdout, r"pod/two:\d+:\d+: error: ")
        self.assertNotIn("copy-of-two", done.stdout)
        # The line is one of kubectl get -o yaml.
        self.assertRegex(done.stdout, r"\| +secretProviderClass: absent\n")
        self.assertIn("team-a/pod/two", self.akv("check", "-A", code=1).stdout)
        self.assertEqual(json.loads(self.akv("check", "-o", "json", code=1).stdout)["files"], 6)
        self.assertIn("No problems found", self.akv("check", "-n", "team-c").stdout)

    def test_check_of_a_part_says_what_is_missing(self):
        self.add(pod("one", "payments"))
        self.cluster["forbidden"] = ["list deployments.apps", "get csidrivers.storage.k8s.io"]
        done = self.akv("check")
        self.assertIn("not checked: jane may not list deployments.apps in the namespace team-a", done.stderr)
        self.assertIn("csidrivers", done.stderr)

    # kubectl itself

    def test_flags_of_kubectl_are_passed_on(self):
        self.akv("check", "--context", "prod", "--kubeconfig", "/tmp/k", "-n", "team-b")
        for call in self.calls():
            self.assertEqual(call[:4], ["--context", "prod", "--kubeconfig", "/tmp/k"])
        self.assertEqual(self.calls()[0][-2:], ["--namespace", "team-b"])

    def test_a_failure_of_kubectl_is_reported_with_a_fix(self):
        self.add(pod("one", "payments"))
        for forbidden, words, text in [
            (["get pods"], ("doctor", "pod/one"), "jane may not get pods in the namespace team-a"),
            (["create serviceaccounts/token"], ("doctor", "pod/one"), "jane may not create serviceaccounts/token in the namespace team-a"),
            (["create pods/exec"], ("doctor", "pod/one", "--in-node"), "jane may not create pods/exec in the namespace kube-system"),
            (["create pods/exec"], ("status",), "jane may not create pods/exec in the namespace kube-system"),
            (["list pods"], ("status", "-A"), "jane may not list pods in the namespace kube-system"),
            (["list secretproviderclasses.secrets-store.csi.x-k8s.io"], ("check", "-A"),
             "secretproviderclasses.secrets-store.csi.x-k8s.io in the whole cluster"),
        ]:
            with self.subTest(words=words, forbidden=forbidden):
                self.cluster["forbidden"] = forbidden
                code = 0 if words[0] == "check" else 1
                said = self.akv(*words, code=code).stderr
                self.assertIn(text, said)
                if "serviceaccounts/token" in text:
                    self.assertIn("kubectl auth can-i create serviceaccounts --subresource=token --namespace team-a\n", said)
        self.cluster["forbidden"] = []
        for words, text in [
            (("doctor", "pod/absent"), 'pods "absent" not found'),
            (("status", "--context", "nowhere"), "the cluster cannot be reached"),
            (("status", "-A", "--provider-selector", "app=x"), "no provider runs in the namespace kube-system with the labels app=x"),
        ]:
            with self.subTest(words):
                done = self.akv(*words, code=1)
                self.assertIn(text, done.stderr)
                self.assertIn("To fix: ", done.stderr)
        done = self.akv("status", code=1, KUBECTL="/nonexistent/kubectl")
        self.assertIn("/nonexistent/kubectl is not installed", done.stderr)

    def test_mistakes_in_the_command(self):
        for words in [("status", "-A", "-n", "x"), ("status", "deployment/x"), ("doctor",), ("doctor", "deployment/x"), ("check", "-A", "-n", "x"),
                      ("explain", "nothing")]:
            with self.subTest(words):
                self.akv(*words, code=2)

    def test_help_speaks_of_kubectl(self):
        self.assertIn("USAGE: kubectl akv <subcommand>", self.akv("--help").stdout)
        self.assertIn("USAGE: kubectl akv status", self.akv("status", "--help").stdout)
        self.assertTrue(self.akv("explain", "vault-forbidden").stdout.startswith("vault-forbidden\n"))
        self.assertTrue(re.match(r"v\d", self.akv("--version").stdout))
        done = subprocess.run([w.PROGRAMS / "akv-csi", "kubectl", "--help"], capture_output=True, text=True, timeout=w.DEADLINE)
        self.assertIn("USAGE: kubectl akv <subcommand>", done.stdout)
        own = subprocess.run([w.PROGRAMS / "akv-csi", "--help"], capture_output=True, text=True, timeout=w.DEADLINE)
        self.assertNotIn("bundle", own.stdout)


if __name__ == "__main__":
    unittest.main()
