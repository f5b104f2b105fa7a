"""The rendered manifests for the chart's values."""

import json
import re
import subprocess
import unittest

import yaml

import charts as c
import version
import world as w


class ChartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def test_defaults_are_a_daemon_set_and_an_account_without_rights(self):
        manifests = self.chart.render()
        self.assertEqual(sorted(m["kind"] for m in manifests), ["DaemonSet", "NetworkPolicy", "ServiceAccount"])
        account = c.only(manifests, "ServiceAccount")
        self.assertEqual(account["metadata"]["name"], "csi-secrets-store-provider-azure")
        self.assertIs(account["automountServiceAccountToken"], False)
        pod = c.pod(manifests)
        self.assertIs(pod["automountServiceAccountToken"], False)
        self.assertEqual(pod["serviceAccountName"], account["metadata"]["name"])
        self.assertNotIn("hostNetwork", pod)
        self.assertNotIn("cpu", c.provider(manifests)["resources"]["limits"])
        self.assertEqual(pod["priorityClassName"], "system-node-critical")

    def test_replaces_the_other_chart(self):
        """The selector cannot be changed in an upgrade, and the names decide what an upgrade replaces."""
        for release, name in [("csi", "csi-csi-secrets-store-provider-azure"),
                              ("csi-secrets-store-provider-azure", "csi-secrets-store-provider-azure")]:
            daemon_set = c.only(self.chart.render(release=release), "DaemonSet")
            self.assertEqual(daemon_set["metadata"]["name"], name)
            self.assertEqual(daemon_set["spec"]["selector"],
                             {"matchLabels": {"app": "csi-secrets-store-provider-azure"}})
            labels = daemon_set["spec"]["template"]["metadata"]["labels"]
            self.assertEqual(labels["app"], "csi-secrets-store-provider-azure")

    def test_the_program_takes_every_flag_that_the_chart_writes(self):
        usage = subprocess.run([w.PROGRAMS / "akv-csi", "serve", "--help"], capture_output=True, text=True, check=True).stdout
        known = set(re.findall(r"^  -([a-z0-9-]+)", usage, re.M))
        everything = c.arguments(self.chart.render(EVERYTHING))
        self.assertLessEqual(set(everything), known)
        # The chart must have a value for each flag of the program.
        left_out = {"metrics-backend", "enable-pprof", "pprof-port", "version", "service-account-dir", "status-endpoint"}
        self.assertEqual(known - set(everything), left_out)

    def test_the_health_probes_ask_where_the_program_answers(self):
        manifests = self.chart.render({"linux": {"healthzPort": 9000, "healthzPath": "/alive", "livenessProbe": {"periodSeconds": 5}}})
        container = c.provider(manifests)
        flags = c.arguments(manifests)
        self.assertEqual((flags["healthz-port"], flags["healthz-path"]), ("9000", "/alive"))
        self.assertIn({"name": "healthz", "containerPort": 9000}, container["ports"])
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"]:
            self.assertEqual(container[probe]["httpGet"], {"path": "/alive", "port": "healthz"})
        self.assertEqual(container["livenessProbe"]["periodSeconds"], 5)
        self.assertEqual(container["livenessProbe"]["failureThreshold"], 3)

    def test_the_metrics_port_is_bound_as_configured(self):
        manifests = self.chart.render({"metricsAddr": "9898", "metricsHost": "127.0.0.1"})
        self.assertEqual(c.arguments(manifests)["prometheus-port"], "9898")
        self.assertEqual(c.arguments(manifests)["metrics-host"], "127.0.0.1")
        self.assertIn({"name": "metrics", "containerPort": 9898}, c.provider(manifests)["ports"])

    def test_switches_that_are_off_are_passed_on(self):
        """A switch with the default true must be written out when it is off."""
        flags = c.arguments(self.chart.render({"constructPEMChain": False, "logFormatJSON": False, "cache": {"tokens": False}}))
        self.assertEqual((flags["construct-pem-chain"], flags["log-format-json"], flags["token-cache"]), ("false",) * 3)
        flags = c.arguments(self.chart.render({"cache": {"valueBytes": 0, "refreshInterval": "0"}}))
        self.assertEqual((flags["value-cache-bytes"], flags["refresh-interval"]), ("0", "0"))

    def test_the_image_by_tag_and_by_digest(self):
        self.assertTrue(c.provider(self.chart.render())["image"].endswith(f":v{version.current()}"))
        image = {"repository": "registry.test.internal:5000/akv-csi", "tag": "v9"}
        self.assertEqual(c.provider(self.chart.render({"linux": {"image": image}}))["image"],
                         "registry.test.internal:5000/akv-csi:v9")
        image["digest"] = "sha256:" + "0" * 64
        self.assertEqual(c.provider(self.chart.render({"linux": {"image": image}}))["image"],
                         "registry.test.internal:5000/akv-csi@sha256:" + "0" * 64)

    def test_proxy_and_authorities(self):
        values = {"proxy": {"https": "http://proxy.example:3128", "noProxy": [".svc", "10.0.0.0/8"]},
                  "caBundle": {"secret": "corporate-ca", "key": "root.pem"}}
        manifests = self.chart.render(values)
        self.assertEqual(c.environment(manifests), {
            "HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": ".svc,10.0.0.0/8",
            "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt", "SSL_CERT_DIR": "/etc/akv-csi/ca"})
        volume = next(v for v in c.pod(manifests)["volumes"] if v["name"] == "ca")
        self.assertEqual(volume["secret"], {"secretName": "corporate-ca", "items": [{"key": "root.pem", "path": "ca.crt"}]})
        values["caBundle"]["exclusive"] = True
        self.assertNotIn("SSL_CERT_FILE", c.environment(self.chart.render(values)))

    def test_documents_in_values_are_rendered_unchanged(self):
        manifests = self.chart.render(EVERYTHING)
        data = {m["metadata"]["name"].removeprefix(c.NAME + "-"): m["data"] for m in manifests if m["kind"] == "ConfigMap"}
        self.assertEqual(json.loads(data["cloud"]["cloud.json"]), EVERYTHING["cloud"]["environment"])
        self.assertEqual(yaml.safe_load(data["policy"]["policy.yaml"]), EVERYTHING["policy"]["document"])
        self.assertEqual(data["ca"]["ca.crt"].strip(), EVERYTHING["caBundle"]["pem"].strip())
        mounts = {mount["name"]: mount["mountPath"] for mount in c.provider(manifests)["volumeMounts"]}
        flags = c.arguments(manifests)
        self.assertEqual(flags["policy"], mounts["policy"] + "/policy.yaml")
        self.assertEqual(flags["token-proxy-ca-file"], mounts["cluster"] + "/ca.crt")
        self.assertEqual(c.environment(manifests)["AZURE_ENVIRONMENT_FILEPATH"], mounts["cloud"] + "/cloud.json")
        volumes = {volume["name"] for volume in c.pod(manifests)["volumes"]}
        self.assertLessEqual(set(mounts), volumes)

    def test_the_token_proxy_needs_no_token(self):
        manifests = self.chart.render({"tokenProxy": {"enabled": True}})
        self.assertIs(c.pod(manifests)["automountServiceAccountToken"], False)
        volume = next(v for v in c.pod(manifests)["volumes"] if v["name"] == "cluster")
        self.assertEqual(volume["configMap"]["name"], "kube-root-ca.crt")

    def test_events_need_a_role_that_may_only_write_events(self):
        manifests = self.chart.render({"events": {"enabled": True}, "serviceAccount": {"name": "akv"}})
        shipped = list(yaml.safe_load_all((c.ROOT / "deploy/events.yaml").read_text()))
        self.assertEqual(c.only(manifests, "ClusterRole")["rules"], c.only(shipped, "ClusterRole")["rules"])
        binding = c.only(manifests, "ClusterRoleBinding")
        self.assertEqual(binding["roleRef"]["name"], c.only(manifests, "ClusterRole")["metadata"]["name"])
        self.assertEqual(binding["subjects"], [{"kind": "ServiceAccount", "name": "akv", "namespace": "kube-system"}])
        self.assertIs(c.pod(manifests)["automountServiceAccountToken"], True)
        self.assertEqual(c.arguments(manifests)["events"], "true")
        self.assertIn("NODE_NAME", c.environment(manifests))

    def test_annotations_need_a_role_that_only_gets_service_accounts(self):
        values = {"serviceAccountAnnotations": {"enabled": True}, "serviceAccount": {"name": "akv"}}
        manifests = self.chart.render(values)
        shipped = list(yaml.safe_load_all((c.ROOT / "deploy/service-account-annotations.yaml").read_text()))
        role = c.only(manifests, "ClusterRole")
        self.assertEqual(role["rules"], [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}])
        self.assertEqual(role["rules"], c.only(shipped, "ClusterRole")["rules"])
        subjects = [{"kind": "ServiceAccount", "name": "akv", "namespace": "kube-system"}]
        binding = c.only(manifests, "ClusterRoleBinding")
        self.assertEqual((binding["roleRef"]["name"], binding["subjects"]), (role["metadata"]["name"], subjects))
        self.assertIs(c.pod(manifests)["automountServiceAccountToken"], True)
        self.assertEqual(c.arguments(manifests)["service-account-annotations"], "true")
        # Only in some namespaces.
        values["serviceAccountAnnotations"]["namespaces"] = ["team-a", "team-b"]
        manifests = self.chart.render(values)
        self.assertFalse([m for m in manifests if m["kind"] == "ClusterRoleBinding"])
        bindings = [m for m in manifests if m["kind"] == "RoleBinding"]
        self.assertEqual([m["metadata"]["namespace"] for m in bindings], ["team-a", "team-b"])
        for binding in bindings:
            self.assertEqual(binding["roleRef"], {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                                                  "name": role["metadata"]["name"]})
            self.assertEqual(binding["subjects"], subjects)

    def test_without_both_the_account_has_neither_role_nor_token(self):
        manifests = self.chart.render()
        self.assertFalse([m for m in manifests if "Role" in m["kind"]])
        self.assertIs(c.pod(manifests)["automountServiceAccountToken"], False)
        self.assertNotIn("service-account-annotations", c.arguments(manifests))

    def test_the_network_policy_opens_only_the_metrics_port(self):
        spec = c.only(self.chart.render(), "NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress"])
        self.assertEqual(spec["ingress"], [{"ports": [{"port": "metrics", "protocol": "TCP"}]}])
        self.assertEqual(spec["podSelector"]["matchLabels"], {"app": c.NAME})

    def test_a_network_policy_that_would_select_no_pod_is_left_out(self):
        for values in [{"linux": {"hostNetwork": True}}, {"networkPolicy": {"enabled": False}}]:
            with self.subTest(values):
                self.assertEqual([m for m in self.chart.render(values) if m["kind"] == "NetworkPolicy"], [])

    def test_monitoring_objects_hold_the_shipped_files(self):
        manifests = self.chart.render({"monitoring": {name: {"enabled": True} for name in ["podMonitor", "prometheusRule", "dashboard"]}})
        rules = yaml.safe_load((c.CHART / "monitoring/rules.yaml").read_text())
        self.assertEqual(c.only(manifests, "PrometheusRule")["spec"], rules)
        dashboard = json.loads((c.CHART / "monitoring/dashboard.json").read_text())
        self.assertEqual(json.loads(c.only(manifests, "ConfigMap")["data"]["akv-csi.json"]), dashboard)
        monitor = c.only(manifests, "PodMonitor")["spec"]
        self.assertEqual(monitor["selector"]["matchLabels"], {"app": c.NAME})
        self.assertEqual(monitor["podMetricsEndpoints"][0]["port"], "metrics")

    def test_the_driver_is_installed_only_if_requested(self):
        self.assertFalse([m for m in self.chart.render() if m["metadata"]["name"] == "drivers-values"])
        values = c.with_image({"secrets-store-csi-driver": {"enableSecretRotation": True}})
        manifests = [m for m in yaml.safe_load_all(self.chart.helm("template", "csi", self.chart.path, values=values)) if m]
        given = json.loads(next(m for m in manifests if m["metadata"]["name"] == "drivers-values")["data"]["values"])
        self.assertIs(given["enableSecretRotation"], True)
        self.assertEqual([request["audience"] for request in given["tokenRequests"]],
                         ["api://AzureADTokenExchange", "api://AKSIdentityBinding"])

    def test_linux_and_the_account_can_be_left_out(self):
        self.assertEqual([m["kind"] for m in self.chart.render({"linux": {"enabled": False}})], ["ServiceAccount"])
        self.assertEqual([m["kind"] for m in self.chart.render({"rbac": {"install": False}})], ["NetworkPolicy", "DaemonSet"])

    def test_lint(self):
        self.chart.helm("lint", self.chart.path, "--strict")


# All values that set a flag, a variable or an object.
EVERYTHING = {
    "imagePullSecrets": [{"name": "registry"}],
    "logFormatJSON": False, "logVerbosity": 5, "auditLog": "all", "writeCertAndKeyInSeparateFiles": True,
    "metricsAddr": "9898", "drainTimeout": "10s",
    "linux": {
        "nodeSelector": {"pool": "apps"}, "tolerations": [], "podLabels": {"team": "platform"},
        "podAnnotations": {"prometheus.io/scrape": "true"}, "daemonSetAnnotations": {"note": "yes"},
        "priorityClassName": "", "customUserAgent": "a: fleet/1.0 #x", "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet", "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "hostAliases": [{"ip": "10.0.0.4", "hostnames": ["kv-a.vault.azure.net"]}],
        "extraArgs": ["--nmi-endpoint=http://10.0.0.4:2579"], "extraEnv": [{"name": "A", "value": "b"}], "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "volumes": [{"name": "extra", "emptyDir": {}}], "volumeMounts": [{"name": "extra", "mountPath": "/extra"}],
    },
    "cloud": {"environment": {"name": "AzureStackCloud", "activeDirectoryEndpoint": "https://adfs.example/"}, "envDirs": ["/etc/clouds"]},
    "proxy": {"https": "http://proxy.example:3128", "noProxy": ["10.0.0.0/8"]},
    "http2": {"enabled": False},
    "caBundle": {"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
    "events": {"enabled": True}, "serviceAccountAnnotations": {"enabled": True, "namespaces": ["team"]},
    "tokenProxy": {"enabled": True, "url": "https://proxy.example", "sniName": "a.ests.aks"},
    "cache": {"tokens": False, "refreshInterval": "5m", "refreshIntervalMin": "1m", "refreshIntervalMax": "2h",
              "valueBytes": 16777216, "staleIfError": "1h", "vaultConcurrency": 10},
    "policy": {"document": {"apiVersion": "akv-csi/v1", "default": "deny", "rules": [{"name": "a", "namespaces": ["*"]}]}},
    "serviceAccount": {"name": "akv", "annotations": {"a": "b"}},
    "networkPolicy": {"enabled": True, "metricsFrom": [{"namespaceSelector": {}}],
                      "egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}]},
}


if __name__ == "__main__":
    unittest.main()
