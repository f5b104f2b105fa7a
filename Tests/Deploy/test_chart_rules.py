"""Values that cannot work are refused with a message that says what to set. The rules are those of the program."""

import re
import unittest

import yaml

import charts as c
import rendered
import test_chart

MESSAGE = re.compile(r"execution error at \(akv-csi/templates/[^)]*\): (.*)")
LISTENS = "cannot listen on"


class RulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def refusal(self, values, **options):
        """The message with which the chart refuses `values`; an empty text if it renders them."""
        try:
            self.chart.text(values, **options)
        except c.Refused as error:
            found = MESSAGE.search(str(error))
            return found[1] if found else str(error)
        return ""

    def assert_refused(self, values, *words, **options):
        with self.subTest(values):
            message = self.refusal(values, **options)
            for word in words:
                self.assertIn(word, message)

    # MARK: the image

    def test_placeholder_images_are_refused_with_the_value_to_set(self):
        placeholder = yaml.safe_load((c.CHART / "values.yaml").read_text())["linux"]["image"]["repository"]
        for repository in [placeholder, "registry.example.com/akv-csi", "example.com/akv-csi", "REGISTRY.Example.COM:5000/akv-csi",
                           "registry.example.org/team/akv-csi", "akv.invalid/akv-csi", "registry.example/akv-csi"]:
            self.assert_refused({"linux": {"image": {"repository": repository}}}, "placeholder",
                                "--set linux.image.repository=", "linux.image.tag")
        for repository in ["akv-csi", "localhost/akv-csi", "example/akv-csi", "registry.example.company.internal/akv-csi",
                           "myexample.com/akv-csi", "ghcr.io/example.com/akv-csi", "registry:5000/akv-csi"]:
            with self.subTest(repository):
                self.assertEqual(self.refusal({"linux": {"image": {"repository": repository}}}), "")
        # Without a provider, an image is not needed.
        self.assertEqual(self.refusal({"linux": {"enabled": False, "image": {"repository": placeholder}}}), "")

    # MARK: the proxy

    def test_the_chart_accepts_the_proxies_that_the_program_accepts(self):
        accepted = ["http://proxy.corp:3128", "http://10.0.0.4:8080", "http://proxy", "http://[fd00::1]:3128/", "HTTP://proxy:65535"]
        refused = ["https://proxy.corp:3128", "socks5://proxy.corp:1080", "http://proxy:0", "http://proxy:70000", "http://", "http://a:b"]
        for proxy in accepted:
            with self.subTest(proxy):
                self.assertIn(LISTENS, rendered.start_error(self.chart.render({"proxy": {"https": proxy}})))
        for proxy in refused:
            self.assert_refused({"proxy": {"https": proxy}}, "proxy.https:", "http://")
            # The program refuses it too, because the rule is the program's.
            manifests = self.chart.render({"linux": {"extraEnv": [{"name": "HTTPS_PROXY", "value": proxy}]}})
            with self.subTest(proxy):
                self.assertIn("HTTPS_PROXY", rendered.start_error(manifests))
        # The program would accept these, but they are misleading in a manifest.
        self.assert_refused({"proxy": {"https": "proxy.corp:3128"}}, "must begin with http://")
        self.assert_refused({"proxy": {"https": "http://user:word@proxy"}}, "proxy.existingSecret")

    def test_arcs_proxy_follows_the_same_rule(self):
        def arc(address):
            return {"enableArcExtension": True, "Azure": {"proxySettings": {"isProxyEnabled": True, "httpsProxy": address}}}

        self.assert_refused(arc("https://proxy.corp:3128"), "must begin with http://")
        self.assertIn(LISTENS, rendered.start_error(self.chart.render(arc("http://user:word@proxy.corp:3128"))))

    # MARK: the policy

    def policy(self, document):
        return {"policy": {"document": {"apiVersion": "akv-csi/v1", "default": "deny", **document}}}

    def test_the_program_takes_every_policy_that_the_chart_takes(self):
        rule = {"name": "everything", "namespaces": ["a", "b-*"], "serviceAccounts": ["*"], "keyvaultNames": ["kv", "kv.vault.azure.net"],
                "tenantIDs": ["9f1c6a1e-52d4-4a0e-8c5b-0d7a3f6e2b11"], "clientIDs": ["*"], "cloudEnvFileNames": ["/etc/clouds/a.json"],
                "objectNames": ["db-*", "1", "true", "yes: #x"]}
        schema = yaml.safe_load((c.CHART / "values.schema.json").read_text())
        properties = schema["properties"]["policy"]["properties"]["document"]["properties"]["rules"]["items"]["properties"]
        for name, key in properties.items():
            rule.setdefault(name, key.get("items", {}).get("enum"))
        self.assertEqual(set(rule), set(properties))
        for document in [{}, {"default": "allow"}, {"rules": []}, {"rules": [rule]}, {"rules": [{"name": "a"}, {"name": "A"}]}]:
            with self.subTest(document):
                manifests = self.chart.render(self.policy(document))
                log = rendered.start_error(manifests)
                self.assertIn("policy in force", log)
                self.assertIn(LISTENS, log)

    def test_the_chart_refuses_every_policy_that_the_program_refuses(self):
        def rules(*found):
            return {"rules": list(found)}

        for document in [
            {"apiVersion": "akv-csi/v2"}, {"default": "Deny"}, {"default": ""}, {"rule": []}, {"rules": {}}, rules({}), rules({"name": ""}),
            rules({"name": "default"}), rules({"name": "a"}, {"name": "a"}), rules({"name": "a", "namespaces": "team"}),
            rules({"name": "a", "namespaces": []}), rules({"name": "a", "namespace": ["team"]}),
            rules({"name": "a", "identityModes": ["workload-identity"]}), rules({"name": "a", "objectTypes": ["certificate"]}),
            rules({"name": "a", "cloudNames": ["azurepubliccloud"]}), rules({"name": "a", "cloudEnvFileNames": ["/etc/clouds/*"]}),
            rules({"name": "a", "clientIDs": [["nested"]]}), rules("a"),
        ]:
            with self.subTest(document):
                self.assertNotEqual(self.refusal(self.policy(document)), "")
                # If the policy is in another ConfigMap, the program refuses it at the start.
                manifests = self.chart.render({"policy": {"configMap": "own"}})
                manifests.append({"kind": "ConfigMap", "metadata": {"name": "own"}, "data": {
                    "policy.yaml": yaml.safe_dump(self.policy(document)["policy"]["document"])}})
                log = rendered.start_error(manifests)
                self.assertIn("cannot serve", log)
                self.assertIn("policy.yaml", log)

    # MARK: flags, variables and clouds

    def test_each_element_of_extra_args_is_one_argument(self):
        words = ["--nmi-endpoint=http://10.0.0.4:2579", "-v=5", "--custom-user-agent=a b, c: #d", "--enable-pprof"]
        manifests = self.chart.render({"linux": {"extraArgs": words}})
        self.assertEqual(c.provider(manifests)["args"][-len(words):], words)
        self.assertIn(LISTENS, rendered.start_error(manifests))
        for word in ["--v=5 --enable-pprof", "--v 5", "5", "v=5", "", "--", "--v=5\n--enable-pprof", " --v=5", "--v=5 -enable-pprof"]:
            self.assert_refused({"linux": {"extraArgs": [word]}}, "linux.extraArgs", "not one flag")

    def test_a_variable_that_a_value_sets_is_not_set_a_second_time(self):
        for name, value, values in [
            ("HTTPS_PROXY", "proxy.https", {"proxy": {"https": "http://proxy:1"}}),
            ("https_proxy", "proxy.https", {"proxy": {"https": "http://proxy:1"}}),
            ("NO_PROXY", "proxy.noProxy", {"proxy": {"https": "http://proxy:1", "noProxy": ["a"]}}),
            ("SSL_CERT_DIR", "caBundle", {"caBundle": {"configMap": "a"}}),
            ("SSL_CERT_FILE", "caBundle", {"caBundle": {"secret": "a"}}),
            ("AZURE_ENVIRONMENT_FILEPATH", "cloud.environment", {"cloud": {"environment": {"name": "x"}}}),
            ("NODE_NAME", "events.enabled", {"events": {"enabled": True}}),
        ]:
            variable = {"linux": {"extraEnv": [{"name": name, "value": "x"}]}}
            self.assert_refused({**values, **variable}, "linux.extraEnv", value)
            with self.subTest(name):
                self.assertEqual(self.refusal(variable), "")

    def test_the_chart_knows_the_programs_clouds(self):
        schema = yaml.safe_load((c.CHART / "values.schema.json").read_text())["properties"]
        names = set(schema["cloud"]["properties"]["name"]["enum"]) - {""}
        source = (c.ROOT / "Sources/ProviderCore/Cloud/AzureCloud.swift").read_text()
        known = source[source.index("known:"):source.index("static let describedName")]
        program = set(re.findall(r'"([a-z]+)"', known)) | {"azurestackcloud"}
        self.assertEqual({name.lower() for name in names}, program)
        for name in names - {"AzureStackCloud"}:
            with self.subTest(name):
                self.assertIn(LISTENS, rendered.start_error(self.chart.render({"cloud": {"name": name}})))
        self.assert_refused({"cloud": {"name": "AzureStackCloud"}}, "cloud.environment")
        for name in ["AzureMoonCloud", "azurepubliccloud", "public"]:
            self.assert_refused({"cloud": {"name": name}}, "/cloud/name")

    def test_the_whole_rendering_starts_the_program(self):
        values = {**test_chart.EVERYTHING, "events": {}, "serviceAccountAnnotations": {}}
        values["cloud"] = {"environment": {
            "name": "AzureStackCloud", "activeDirectoryEndpoint": "https://adfs.corp.internal/",
            "keyVaultEndpoint": "https://vault.corp.internal/", "keyVaultDNSSuffix": "vault.corp.internal",
            "resourceIdentifiers": {"keyVault": "https://vault.corp.internal"}}}
        values["tokenProxy"] = {}
        self.assertIn(LISTENS, rendered.start_error(self.chart.render(values)))

    # MARK: the pod

    def test_the_dns_policy_follows_the_network(self):
        for linux, policy in [
            ({}, "ClusterFirst"), ({"hostNetwork": True}, "ClusterFirstWithHostNet"),
            ({"hostNetwork": True, "dnsPolicy": "ClusterFirst"}, "ClusterFirstWithHostNet"),
            ({"hostNetwork": True, "dnsPolicy": "Default"}, "Default"), ({"dnsPolicy": "Default"}, "Default"),
            ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.10"]}}, "None"),
        ]:
            with self.subTest(linux):
                self.assertEqual(c.pod(self.chart.render({"linux": linux}))["dnsPolicy"], policy)

    def test_the_grace_period_is_longer_than_the_drain(self):
        for grace, drain in [(25, "25s"), (20, "25s"), (40, "1m"), (3600, "1h0.5s"), (60, "30s30s"), (1, "1000ms")]:
            self.assert_refused({"drainTimeout": drain, "linux": {"terminationGracePeriodSeconds": grace}},
                                "linux.terminationGracePeriodSeconds", "drainTimeout")
        for grace, drain in [(26, "25s"), (61, "1m"), (1, "999ms"), (1, "0s"), (3601, "59m60s")]:
            with self.subTest(grace=grace, drain=drain):
                values = {"drainTimeout": drain, "linux": {"terminationGracePeriodSeconds": grace}}
                self.assertIn(LISTENS, rendered.start_error(self.chart.render(values)))

    def test_alerts_follow_the_names_of_the_objects(self):
        monitoring = {"monitoring": {"prometheusRule": {"enabled": True}, "podMonitor": {"enabled": True}}}
        for names in [{}, {"nameOverride": "vault-files"}, {"fullnameOverride": "vault-files"},
                      {"nameOverride": "a", "fullnameOverride": "b"}]:
            with self.subTest(names):
                manifests = self.chart.render({**monitoring, **names})
                # The monitor uses this label as the job.
                monitor = c.only(manifests, "PodMonitor")["spec"]
                job = c.only(manifests, "DaemonSet")["spec"]["template"]["metadata"]["labels"][monitor["jobLabel"]]
                rules = c.only(manifests, "PrometheusRule")["spec"]
                jobs = re.findall(r'job="([^"]*)"', yaml.safe_dump(rules, width=10000))
                self.assertEqual(set(jobs), {job})
                self.assertEqual(monitor["selector"]["matchLabels"][monitor["jobLabel"]], job)


if __name__ == "__main__":
    unittest.main()
