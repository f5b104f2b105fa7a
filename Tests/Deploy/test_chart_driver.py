"""The driver's values at the right level and at wrong levels, the required cluster, and the notes about both."""

import pathlib
import re
import unittest

import yaml

import charts as c

DRIVER = "secrets-store-csi-driver"
KEYS = {"enableSecretRotation": True, "rotationPollInterval": "1m", "syncSecret": {"enabled": True},
        "tokenRequests": [{"audience": "api://AzureADTokenExchange"}], "filteredWatchSecret": True}


class DriverTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def refusal(self, values, *flags):
        try:
            self.chart.helm("template", "csi", self.chart.path, *flags, values=c.with_image(values))
        except c.Refused as error:
            return str(error)
        return ""

    def test_the_drivers_values_are_refused_at_a_wrong_level(self):
        for key, value in KEYS.items():
            for place, values in [("", {key: value}), ("linux.", {"linux": {key: value}}),
                                  (f"{DRIVER}.linux.", {DRIVER: {"linux": {key: value}}})]:
                with self.subTest(place + key):
                    message = self.refusal(values)
                    self.assertIn(f"{place}{key}: this is a value of the driver's chart", message)
                    self.assertIn(f"Set {DRIVER}.{key}", message)
            with self.subTest(key):
                self.assertEqual(self.refusal({DRIVER: {key: value}}), "")

    def test_a_value_set_on_the_command_line_is_refused_as_well(self):
        self.assertIn(f"Set {DRIVER}.syncSecret", self.refusal({}, "--set", "syncSecret.enabled=true"))
        self.assertEqual(self.refusal({}, "--set", f"{DRIVER}.syncSecret.enabled=true"), "")
        # A string is not a boolean.
        self.assertIn("/enableSecretRotation", self.refusal({}, "--set-string", f"{DRIVER}.enableSecretRotation=true"))
        self.assertIn("/syncSecret/enabled", self.refusal({}, "--set-string", f"{DRIVER}.syncSecret.enabled=true"))

    def test_a_field_of_the_csidriver_object_is_not_a_value(self):
        for values in [{"serviceAccountTokenInSecrets": True}, {"linux": {"serviceAccountTokenInSecrets": True}}]:
            self.assertIn("a field of the CSIDriver object", self.refusal(values))

    def test_a_driver_without_tokens_is_refused(self):
        for requests in [[], None]:
            self.assertIn("sends no tokens", self.refusal({DRIVER: {"tokenRequests": requests}}))
            self.assertEqual(self.refusal({DRIVER: {"install": False, "tokenRequests": requests}}), "")
        for requests in [["api://AzureADTokenExchange"], [{"audiences": "a"}], {"audience": "a"}, [{"audience": ""}]]:
            self.assertIn("/tokenRequests", self.refusal({DRIVER: {"tokenRequests": requests}}))

    def test_the_switch_of_the_driver_is_called_install(self):
        self.assertIn(f"Set {DRIVER}.install", self.refusal({DRIVER: {"enabled": False}}))

    def test_the_driver_decides_which_kubernetes_the_release_needs(self):
        path = self.chart.path / f"charts/{DRIVER}/Chart.yaml"
        before = path.read_text()
        self.addCleanup(path.write_text, before)
        path.write_text(before + 'kubeVersion: ">=1.33.0-0"\n')
        for version, words in [("1.32.9", "needs Kubernetes >=1.33.0-0, and this cluster has v1.32.9"), ("1.33.0", ""), ("1.34.1", "")]:
            with self.subTest(version):
                message = self.refusal({}, "--kube-version", version)
                self.assertIn(words, message)
                self.assertEqual(bool(words), bool(message))
                # A separate driver has its own requirements.
                self.assertEqual(self.refusal({DRIVER: {"install": False}}, "--kube-version", version), "")

    def test_the_chart_itself_names_the_oldest_kubernetes(self):
        self.assertIn("kubeVersion", self.refusal({}, "--kube-version", "1.22.17"))
        self.assertEqual(self.refusal({}, "--kube-version", "1.23.0"), "")


class NotesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chart = c.Chart()
        cls.addClassCleanup(cls.chart.close)

    def notes(self, values=None):
        text = self.chart.helm("install", "csi", self.chart.path, "--dry-run=client", "--namespace", "kube-system",
                               values=c.with_image(values or {}))
        return text.split("NOTES:\n")[1]

    def test_the_notes_say_what_runs(self):
        notes = self.notes()
        for words in ["one provider pod on every Linux node", "csi-csi-secrets-store-provider-azure in namespace kube-system",
                      c.IMAGE, "uid 10898 with no capabilities, in the pod network", "installed with it",
                      "running pods keep the files that they started with", "the driver creates no Kubernetes Secrets",
                      "every namespace may name any vault"]:
            self.assertIn(words, notes)
        notes = self.notes({
            "linux": {"hostNetwork": True}, "proxy": {"https": "http://proxy.corp:3128"}, "policy": {"configMap": "rules"},
            DRIVER: {"enableSecretRotation": True, "syncSecret": {"enabled": True}}})
        for words in ["in the node's network", "http://proxy.corp:3128", "from ConfigMap rules", "within a few minutes",
                      "the driver creates the Secrets"]:
            self.assertIn(words, notes)
        self.assertIn("runs no provider", self.notes({"linux": {"enabled": False}}))

    def test_the_notes_commands_name_installed_objects(self):
        for values in [{}, {"fullnameOverride": "vault-files"}, {DRIVER: {"install": False}}]:
            notes = self.notes(values)
            manifests = [m for m in yaml.safe_load_all(self.chart.helm(
                "template", "csi", self.chart.path, "--namespace", "kube-system", values=c.with_image(values))) if m]
            names = {m["metadata"]["name"] for m in manifests if m["kind"] == "DaemonSet"}
            if values.get(DRIVER, {}).get("install", True):
                names.add("secrets-store-csi-driver")
            with self.subTest(values):
                self.assertEqual(set(re.findall(r"daemonset/(\S+)", notes)), names)
                self.assertIn("kubectl rollout status", notes)
                self.assertIn("kubectl get csidriver", notes)
                self.assertIn("kubectl describe pod", notes)

    def test_the_settings_that_they_suggest_are_accepted(self):
        flags = re.findall(r"--set (\S+)", self.notes())
        self.assertEqual(len(flags), 2)
        notes = self.chart.helm("install", "csi", self.chart.path, "--dry-run=client", *[word for flag in flags for word in ("--set", flag)],
                                values=c.with_image({}))
        self.assertNotIn("to change it", notes)

    def test_the_notes_warn_about_values_without_effect(self):
        note = f"{DRIVER}.enableSecretRotation and syncSecret have no effect"
        self.assertIn(note, self.notes({DRIVER: {"install": False, "enableSecretRotation": True}}))
        self.assertIn(note, self.notes({DRIVER: {"install": False, "syncSecret": {"enabled": True}}}))
        self.assertNotIn(note, self.notes({DRIVER: {"install": False}}))
        other = self.notes({DRIVER: {"tokenRequests": [{"audience": "api://Own"}]}})
        self.assertIn("tokenRequests lacks this audience", other)
        self.assertNotIn("lacks this audience", self.notes())

    def test_passwords_of_a_proxy_are_not_shown(self):
        notes = self.notes({"enableArcExtension": True, "Azure": {"proxySettings": {
            "isProxyEnabled": True, "httpsProxy": "http://user:word@proxy.corp:3128"}}})
        self.assertIn("http://proxy.corp:3128", notes)
        self.assertNotIn("word", notes.replace("password", ""))


class ReadmeTest(unittest.TestCase):
    """The page shows the values at the level where the chart reads them."""

    def test_values_in_the_page_are_accepted(self):
        text = pathlib.Path(c.CHART / "README.md").read_text()
        blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
        self.assertTrue(blocks)
        chart = c.Chart()
        self.addCleanup(chart.close)
        for block in blocks:
            with self.subTest(block):
                chart.helm("template", "csi", chart.path, values=c.with_image(yaml.safe_load(block)))
        for key in KEYS:
            if key != "filteredWatchSecret":
                self.assertIn(key, "".join(blocks))


if __name__ == "__main__":
    unittest.main()
