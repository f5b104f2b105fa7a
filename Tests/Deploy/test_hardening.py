"""The provider's pod follows the Pod Security Standard "restricted"."""

import unittest

import charts as c
import pod_security

# Every provider needs its socket on the node.
HOST_PATHS = [("volume providers", "hostPath"), ("volume socket", "hostPath")]
# The driver's directory belongs to root, so only root can create a directory in it.
INIT_STEP = [("socket-directory", "runAsNonRoot"), ("socket-directory", "runAsUser")]


def violations(manifests):
    return sorted(pod_security.violations(
        c.pod(manifests), c.only(manifests, "DaemonSet")["spec"]["template"]["metadata"].get("annotations")))


class HardeningTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def test_by_default_only_the_socket_and_its_init_container_are_not_restricted(self):
        self.assertEqual(violations(self.chart.render()), sorted(HOST_PATHS + INIT_STEP))

    def test_on_a_node_with_a_directory_of_its_own_only_the_socket_is_not(self):
        manifests = self.chart.render({"linux": {"socketDirectory": {"init": False}}})
        self.assertEqual(violations(manifests), HOST_PATHS[:1])

    def test_as_root_only_the_user_is_not(self):
        manifests = self.chart.render({"linux": {"socketDirectory": {"init": False}, "securityContext": {"runAsUser": 0}}})
        self.assertEqual(violations(manifests), [("provider", "runAsNonRoot"), ("provider", "runAsUser"), HOST_PATHS[0]])

    def test_nothing_may_be_written_but_the_socket(self):
        pod = c.pod(self.chart.render())
        for container in pod["initContainers"] + pod["containers"]:
            self.assertIs(container["securityContext"]["readOnlyRootFilesystem"], True, container["name"])
            self.assertEqual(len(container["volumeMounts"]), 1, container["name"])
        # The provider sees its own directory, but not the sockets of other providers.
        self.assertEqual(c.provider(self.chart.render())["volumeMounts"], [{"name": "socket", "mountPath": "/provider"}])

    def test_no_right_in_the_cluster(self):
        kinds = {manifest["kind"] for manifest in self.chart.render()}
        self.assertFalse(kinds & {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "Secret"})

    def test_the_rules_find_what_they_forbid(self):
        """Each rule once, so that none of them is blind."""
        good = {"containers": [{"name": "a", "securityContext": {
            "runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"}}}]}
        self.assertEqual(pod_security.violations(good), [])
        for rule, change in [
            ("privileged", {"privileged": True}), ("allowPrivilegeEscalation", {"allowPrivilegeEscalation": True}),
            ("capabilities", {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}), ("capabilities", {"capabilities": {"drop": ["KILL"]}}),
            ("procMount", {"procMount": "Unmasked"}), ("seccomp", {"seccompProfile": {"type": "Unconfined"}}),
            ("runAsNonRoot", {"runAsNonRoot": None}), ("runAsUser", {"runAsUser": 0}),
            ("seLinux", {"seLinuxOptions": {"type": "spc_t"}}), ("appArmor", {"appArmorProfile": {"type": "Unconfined"}}),
        ]:
            bad = {"containers": [{"name": "a", "securityContext": {**good["containers"][0]["securityContext"], **change}}]}
            self.assertEqual(pod_security.violations(bad), [("a", rule)])
        self.assertEqual(pod_security.violations({**good, "hostNetwork": True, "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
                         [("pod", "hostNetwork"), ("volume v", "hostPath")])
        ports = [{"name": "a", "ports": [{"containerPort": 1, "hostPort": 1}], **good["containers"][0]}]
        self.assertEqual(pod_security.violations({"containers": ports}), [("a", "hostPort")])


if __name__ == "__main__":
    unittest.main()
