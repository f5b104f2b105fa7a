"""Values files of Azure's chart, combinations of values, and values that are refused."""

import itertools
import unittest

import charts as c

# A values file for Azure's chart, with every key of that chart.
UPSTREAM = {
    "nameOverride": "", "fullnameOverride": "", "imagePullSecrets": [], "logFormatJSON": True, "logVerbosity": 2,
    "enableArcExtension": False, "constructPEMChain": True, "writeCertAndKeyInSeparateFiles": True, "metricsAddr": "8899",
    "rbac": {"install": True, "pspEnabled": False},
    "linux": {
        "image": {"repository": "registry.test.internal/akv-csi", "tag": "v7.0.0", "pullPolicy": "Always"},
        "nodeSelector": {"agentpool": "apps"}, "tolerations": [{"key": "dedicated", "operator": "Exists"}], "enabled": True,
        "resources": {"requests": {"cpu": "50m", "memory": "100Mi"}, "limits": {"cpu": "50m", "memory": "100Mi"}},
        "podLabels": {"azure": "yes"}, "podAnnotations": {"a": "b"}, "priorityClassName": "system-cluster-critical",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}, "privileged": False,
        "customUserAgent": "fleet", "healthzPort": 8990, "healthzPath": "/health", "healthzTimeout": "10s",
        "volumes": [{"name": "cloud-env", "hostPath": {"path": "/etc/kubernetes/clouds"}}],
        "volumeMounts": [{"name": "cloud-env", "mountPath": "/etc/clouds"}], "kubeletRootDir": "/var/lib/kubelet",
        "providersDir": "/etc/kubernetes/secrets-store-csi-providers", "dnsPolicy": "ClusterFirstWithHostNet",
    },
    "windows": {"enabled": False, "image": {"repository": "mcr.microsoft.com/x", "tag": "v1"}, "kubeletRootDir": "C:\\var"},
    "secrets-store-csi-driver": {"install": False, "enableSecretRotation": True, "rotationPollInterval": "30s",
                                 "linux": {"crds": {"image": {"tag": "v1.5.6"}}}},
}


class ValuesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def test_a_values_file_of_azures_chart_works_unchanged(self):
        manifests = self.chart.render(UPSTREAM)
        flags, pod, container = c.arguments(manifests), c.pod(manifests), c.provider(manifests)
        linux = UPSTREAM["linux"]
        for flag, value in [("log-format-json", "true"), ("v", "2"), ("write-cert-and-key-in-separate-files", "true"),
                            ("custom-user-agent", "fleet"), ("healthz-port", "8990"), ("healthz-path", "/health"),
                            ("healthz-timeout", "10s"), ("prometheus-port", "8899")]:
            self.assertEqual(flags[flag], value)
        self.assertEqual(container["image"], "registry.test.internal/akv-csi:v7.0.0")
        self.assertEqual(container["imagePullPolicy"], "Always")
        self.assertEqual(container["resources"], linux["resources"])
        self.assertIn(linux["volumeMounts"][0], container["volumeMounts"])
        self.assertIn(linux["volumes"][0], pod["volumes"])
        self.assertEqual(pod["nodeSelector"], {"kubernetes.io/os": "linux", "agentpool": "apps"})
        self.assertEqual(pod["tolerations"], linux["tolerations"])
        self.assertEqual(pod["priorityClassName"], linux["priorityClassName"])
        self.assertEqual(pod["dnsPolicy"], linux["dnsPolicy"])
        daemon_set = c.only(manifests, "DaemonSet")
        self.assertEqual(daemon_set["spec"]["updateStrategy"], linux["updateStrategy"])
        template = daemon_set["spec"]["template"]["metadata"]
        self.assertEqual((template["labels"]["azure"], template["annotations"]["a"]), ("yes", "b"))
        paths = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"] if volume["name"] in ("providers", "socket")}
        self.assertEqual(paths, {"providers": linux["providersDir"], "socket": linux["providersDir"] + "/azure"})

    def test_arcs_proxy_settings(self):
        pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
        values = {"enableArcExtension": True, "Azure": {"Cluster": {"Region": "westeurope"}, "proxySettings": {
            "isProxyEnabled": True, "httpProxy": "http://a.example:1", "httpsProxy": "http://b.example:2",
            "noProxy": "10.0.0.0/8,.svc", "proxyCert": pem}}}
        manifests = self.chart.render(values)
        environment = c.environment(manifests)
        self.assertEqual((environment["HTTPS_PROXY"], environment["NO_PROXY"]), ("http://b.example:2", "10.0.0.0/8,.svc"))
        self.assertEqual(environment["SSL_CERT_DIR"], "/etc/akv-csi/ca")
        self.assertEqual(c.only(manifests, "ConfigMap")["data"]["ca.crt"].strip(), pem)
        values["enableArcExtension"] = False
        self.assertEqual(c.environment(self.chart.render(values)), {})

    def test_combinations_are_valid_manifests(self):
        """Tries every pair of settings that add to the same lists, on and off."""
        choices = [
            ("linux", {"socketDirectory": {"init": False}}),
            ("proxy", {"https": "http://proxy.example:3128"}),
            ("caBundle", {"configMap": "corporate"}),
            ("cloud", {"environment": {"name": "x"}}),
            ("policy", {"configMap": "rules"}),
            ("tokenProxy", {"enabled": True}),
            ("monitoring", {"podMonitor": {"enabled": True}, "dashboard": {"enabled": True}}),
        ]
        for pair in itertools.combinations(choices, 2):
            with self.subTest([name for name, _ in pair]):
                manifests = self.chart.render(dict(pair))
                mounts = [mount["name"] for mount in c.provider(manifests)["volumeMounts"]]
                volumes = [volume["name"] for volume in c.pod(manifests)["volumes"]]
                self.assertEqual(len(set(volumes)), len(volumes))
                self.assertEqual(len(set(mounts)), len(mounts))
                self.assertLessEqual(set(mounts), set(volumes))

    def test_bad_values_are_refused(self):
        for values, words in [
            ({"linux": {"resource": {}}}, "resource"),
            ({"constructPemChain": True}, "constructPemChain"),
            ({"metricsAddr": ":8898"}, "metricsAddr"),
            ({"metricsAddr": "0"}, "metricsAddr"),
            ({"logVerbosity": "high"}, "logVerbosity"),
            ({"auditLog": "loud"}, "auditLog"),
            ({"linux": {"healthzPort": 70000}}, "healthzPort"),
            ({"linux": {"healthzTimeout": "5"}}, "healthzTimeout"),
            ({"linux": {"healthzPath": "healthz"}}, "healthzPath"),
            ({"linux": {"extraArgs": "--v=5"}}, "extraArgs"),
            ({"linux": {"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}}, "maxSurge"),
            ({"linux": {"image": {"digest": "sha256:abc"}}}, "digest"),
            ({"cloud": {"name": "AzureMoonCloud"}}, "name"),
            ({"cache": {"staleIfError": "an hour"}}, "staleIfError"),
            ({"cache": {"vaultConcurrency": 0}}, "vaultConcurrency"),
            ({"proxy": {"https": "http://user:word@proxy.example"}}, "https"),
            ({"caBundle": {"pem": "certs/ca.pem"}}, "pem"),
            ({"policy": {"document": {"rules": []}}}, "document"),
            ({"windows": {"enabled": True}}, "keep Azure's own provider on the Windows nodes"),
            ({"arc": {"enableMonitoring": True}}, "not part of this chart"),
            ({"linux": {"image": {"repository": "mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure"}}}, "is Azure's own provider"),
            ({"caBundle": {"configMap": "a", "secret": "b"}}, "only one of"),
            ({"policy": {"configMap": "a", "document": {"apiVersion": "akv-csi/v1", "default": "deny"}}}, "exclude each other"),
            ({"proxy": {"https": "http://p", "existingSecret": "s"}}, "exclude each other"),
            ({"cloud": {"name": "AzureChinaCloud", "environment": {"name": "x"}}}, "AzureStackCloud"),
            ({"linux": {"privileged": True}}, "runAsUser"),
        ]:
            with self.subTest(values):
                with self.assertRaises(c.Refused) as refused:
                    self.chart.text(values)
                self.assertIn(words, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
