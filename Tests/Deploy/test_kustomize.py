"""The plain manifest and the overlays, as kubectl's own kustomize builds them."""

import subprocess
import unittest

import yaml

import charts as c
import manifest
import pod_security


def build(name):
    """The manifests of an overlay, all of them validated."""
    result = subprocess.run([c.TOOLS / "kubectl", "kustomize", c.ROOT / "deploy/kustomize" / name],
                            capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    manifests = list(yaml.safe_load_all(result.stdout))
    for document in manifests:
        c.validate(document)
    return manifests


class KustomizeTest(unittest.TestCase):
    def test_the_plain_manifest_is_the_charts_default_rendering(self):
        text = manifest.text()
        for path in manifest.PATHS:
            self.assertEqual(path.read_text(), text, "run `make manifest`")
        self.assertNotIn("Helm", text.split("\n", 1)[1])
        for document in yaml.safe_load_all(text):
            c.validate(document)

    def test_the_base_is_the_plain_manifest(self):
        self.assertEqual(sorted(build("base"), key=str),
                         sorted(yaml.safe_load_all(manifest.PATHS[0].read_text()), key=str))

    def test_every_overlay_keeps_the_names_of_the_base(self):
        for name in ["aks", "kind", "arc", "openshift"]:
            with self.subTest(name):
                daemon_set = c.only(build(name), "DaemonSet")
                self.assertEqual(daemon_set["metadata"]["name"], c.NAME)
                self.assertEqual(daemon_set["spec"]["selector"]["matchLabels"], {"app": c.NAME})
                volumes = {volume["name"] for volume in c.pod([daemon_set])["volumes"]}
                for container in c.pod([daemon_set])["initContainers"] + c.pod([daemon_set])["containers"]:
                    self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)

    def test_only_the_openshift_overlay_adds_privileges(self):
        expected = pod_security.violations(c.pod(build("base")))
        for name in ["aks", "kind", "arc"]:
            self.assertEqual(pod_security.violations(c.pod(build(name))), expected, name)

    def test_aks_mounts_the_clusters_authority_at_the_programs_path(self):
        manifests = build("aks")
        mount = next(mount for mount in c.provider(manifests)["volumeMounts"] if mount["name"] == "cluster")
        self.assertEqual(c.arguments(manifests)["token-proxy-ca-file"], mount["mountPath"] + "/ca.crt")
        # At the path of a token, other mounts must not exist, or Kubernetes leaves the token out.
        self.assertFalse(mount["mountPath"].startswith("/var/run/secrets"))
        self.assertIs(c.pod(manifests)["automountServiceAccountToken"], False)

    def test_kind_takes_the_loaded_image(self):
        manifests = build("kind")
        for container in c.pod(manifests)["initContainers"] + c.pod(manifests)["containers"]:
            self.assertEqual((container["image"], container["imagePullPolicy"]), ("akv-csi:dev", "Never"))
        # If a flag is given twice, the last one counts.
        self.assertEqual(c.arguments(manifests)["v"], "5")

    def test_arc_goes_through_the_proxy(self):
        manifests = build("arc")
        secret = c.only(manifests, "Secret")["metadata"]["name"]
        self.assertEqual(c.provider(manifests)["envFrom"], [{"secretRef": {"name": secret}}])
        bundle = c.only(manifests, "ConfigMap")["metadata"]["name"]
        self.assertIn({"name": "ca", "configMap": {"name": bundle}}, c.pod(manifests)["volumes"])

    def test_openshift_may_be_privileged(self):
        manifests = build("openshift")
        for container in c.pod(manifests)["initContainers"] + c.pod(manifests)["containers"]:
            self.assertIs(container["securityContext"]["privileged"], True)
        binding = c.only(manifests, "RoleBinding")
        account = c.only(manifests, "ServiceAccount")["metadata"]
        self.assertEqual(binding["subjects"], [{"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}])


if __name__ == "__main__":
    unittest.main()
