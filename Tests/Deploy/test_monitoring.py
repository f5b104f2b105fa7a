"""Dashboard and rules: they are valid, fire when they should, and query existing metrics."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import charts as c
import live_metrics
import world as w

MONITORING = c.CHART / "monitoring"
RULES = yaml.safe_load((MONITORING / "rules.yaml").read_text())
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions():
    """Every query of the dashboard and the rules, with its source."""
    found = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    found += [(rule.get("record") or rule["alert"], rule["expr"]) for group in RULES["groups"] for rule in group["rules"]]
    return [(where, text.replace("$__rate_interval", "5m").replace("$instance", ".*")) for where, text in found]


def metrics(expression):
    """The names of metrics in an expression: all words except for labels, functions, keywords and numbers."""
    text = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    text = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", text)
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w|\s*\()", text)
    return set(words) - {"and", "or", "unless", "by", "on"}


class MonitoringTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = live_metrics.LiveProvider()
        cls.addClassCleanup(cls.provider.stop)
        cls.prometheus = live_metrics.Prometheus(cls.provider.world.directory, cls.provider.world.metrics_port())
        cls.addClassCleanup(cls.prometheus.stop)
        w.until(lambda: cls.prometheus.query("up == 1"), "the first scrape")
        cls.provider.count_everything()
        # Rates need a second sample.
        cls.provider.mount("plain", "ends-soon")
        cls.provider.mount("plain", "absent", succeeds=False)

    def test_a_real_prometheus_scrapes_the_provider(self):
        samples = w.until(lambda: self.prometheus.query('akv_csi_mount_failing == 1'), "a failing class")
        self.assertEqual(samples[0]["metric"]["namespace"], "team-a")
        self.assertEqual(samples[0]["metric"]["secret_provider_class"], live_metrics.CLASS)
        # On a busy machine some scrapes may exceed their timeout.
        w.until(lambda: self.targets() == [("up", "")], "the target to be up")

    def targets(self):
        answer = self.prometheus.get("targets")
        return answer and [(target["health"], target["lastError"]) for target in answer["activeTargets"]]

    def test_every_query_asks_for_metrics_that_exist(self):
        recorded = {rule["record"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule}
        for where, expression in expressions():
            with self.subTest(where):
                wanted = metrics(expression)
                self.assertTrue(wanted, expression)
                for name in wanted - recorded:
                    w.until(lambda name=name: self.prometheus.query(name), f"{name} in {where}")

    def test_every_query_can_be_answered_by_prometheus(self):
        for where, expression in expressions():
            with self.subTest(where):
                self.assertIsInstance(self.prometheus.query(expression), list)

    def test_recording_rules_give_samples(self):
        for name in ["akv_csi:mounts:rate5m", "akv_csi:mount_errors:ratio_rate5m", "akv_csi:files_age_seconds:max",
                     "akv_csi:vault_requests:rate5m", "akv_csi:contents_from_memory:ratio_rate5m"]:
            w.until(lambda name=name: self.prometheus.query(name), name)

    def test_labels_that_queries_compare_exist(self):
        """A label's value that the program does not know would make an alert that never fires."""
        text = self.provider.exposition()
        for label, value in [("source", "stale"), ("source", "fetched"), ("source", "refused"), ("source", "issued"),
                             ("grpc_method", "/v1alpha1.CSIDriverProvider/Mount"), ("grpc_code", "OK"),
                             ("grpc_message", "object-not-found"), ("vault", "kv-tests.vault.azure.net")]:
            self.assertIn(f'{label}="{value}"', text)
        # The Debugging page has a heading for each code.
        page = (c.ROOT / "docs/use/debugging.md").read_text()
        for code in re.search(r'grpc_message=~"([^"]*)"', (MONITORING / "rules.yaml").read_text())[1].split("|"):
            self.assertIn(f"\n### `{code}`\n", page)


class RulesTest(unittest.TestCase):
    def promtool(self, *words, directory=None):
        result = subprocess.run([c.TOOLS / "promtool", *words], capture_output=True, text=True, check=False, cwd=directory, timeout=w.DEADLINE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_rules_are_well_formed(self):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", MONITORING / "rules.yaml")

    def test_the_alerts_fire_when_they_should(self):
        with tempfile.TemporaryDirectory(prefix="akv-rules-", dir="/tmp") as directory:
            for path in [MONITORING / "rules.yaml", c.ROOT / "Tests/Deploy/rules_test.yaml"]:
                shutil.copy(path, directory)
            self.promtool("test", "rules", "rules_test.yaml", directory=directory)

    def test_every_alert_is_tested_and_says_what_it_means(self):
        tested = {rule["alertname"] for test in yaml.safe_load((c.ROOT / "Tests/Deploy/rules_test.yaml").read_text())["tests"]
                  for rule in test["alert_rule_test"] if rule["exp_alerts"]}
        alerts = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
        self.assertEqual({rule["alert"] for rule in alerts}, tested)
        for rule in alerts:
            self.assertIn(rule["labels"]["severity"], ["info", "warning", "critical"])
            self.assertTrue(rule["annotations"]["summary"] and rule["annotations"]["description"])


class DashboardTest(unittest.TestCase):
    def test_panels_do_not_overlap_and_have_what_grafana_needs(self):
        taken, identifiers = set(), set()
        for panel in DASHBOARD["panels"]:
            self.assertNotIn(panel["id"], identifiers)
            identifiers.add(panel["id"])
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
        for panel in panels():
            self.assertIn(panel["type"], ["stat", "timeseries", "table"])
            self.assertTrue(panel["title"])
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(letters, sorted(set(letters)))
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], {"type": "prometheus", "uid": "${datasource}"})

    def test_every_variable_is_defined_and_used(self):
        text = json.dumps(DASHBOARD["panels"])
        for variable in DASHBOARD["templating"]["list"]:
            self.assertRegex(text, rf"\$\{{?{variable['name']}\b")
        used = set(re.findall(r"\$\{?([a-z]\w*)", text))
        self.assertEqual(used, {variable["name"] for variable in DASHBOARD["templating"]["list"]})
        self.assertGreaterEqual(DASHBOARD["schemaVersion"], 36)
        self.assertTrue(DASHBOARD["uid"] and DASHBOARD["title"])


if __name__ == "__main__":
    unittest.main()
