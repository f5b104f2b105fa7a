"""The published JSON Schema, the page that explains the settings, and the provider: all three must agree."""

import copy
import json
import pathlib
import re
import unittest

import grpc
import jsonschema
import yaml

import test_provider

ROOT = pathlib.Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "deploy/schema/secretproviderclass.json").read_text())
PAGE = (ROOT / "docs/use/objects.md").read_text()
ITEM = "objectName: n\nobjectType: secret\n"

# Each has one mistake, for the schema and for the provider.
BAD_ITEMS = [
    "objectName: n",
    "objectName: n\nobjectType: Secret",
    "objectName: n\nobjectType: key\nobjectEncoding: hex",
    "objectName: n\nobjectType: cert\nobjectFormat: PFX",
    ITEM + "objectAlias: /a",
    ITEM + "objectAlias: a/../b",
    ITEM + "objectAlias: a//b",
    ITEM + "filePermission: rw",
    ITEM + "filePermission: '1777'",
    ITEM + "objectEncoding: base32",
    ITEM + "objectVersionHistory: '5'",
    ITEM + "vault: kv",
    ITEM + "vault: kv-a\nkeyvaultName: kv-b",
    ITEM + "vault: https://kv-a.vault.azure.net",
    ITEM + "tenantID: a/b",
    ITEM + "vault: kv-a\nfallbackOn: unavailable",
    ITEM + "fallbackVault: kv-a\nfallbackOn: sometimes",
    ITEM + "required: maybe",
    ITEM + "required: true\nonMissing: skip",
    ITEM + "onMissing: default",
    ITEM + "onMissing: skip\ndefault: x",
    ITEM + "trim: all",
    ITEM + "encode: base32",
    ITEM + "minRemaining: soon",
    ITEM + "fileName: x",
    ITEM + "verify: true",
    ITEM + "publicKeyFormat: jwk",
    "objectName: n\nobjectType: key\npublicKeyFormat: xml",
    ITEM + "outputs: [{part: leaf}]",
    ITEM + "outputs: [{fileName: a}]",
    ITEM + "outputs: [{part: all, fileName: a}]",
    ITEM + "outputs: [{part: chain, fileName: a, encoding: der}]",
    ITEM + "outputs: [{part: jks, fileName: a}]",
    ITEM + "outputs: [{part: leaf, fileName: a, passwordFrom: n}]",
    ITEM + "outputs: [{part: leaf, fileName: a, keyFormat: pkcs1}]",
    ITEM + "outputs: [{part: key, fileName: /a}]",
    ITEM + "outputs: [{part: leaf, fileName: a}]\ntrim: newline",
    ITEM + "outputs: [{part: leaf, fileName: a}]\nhidden: true",
    "select: app-*",
    "select: {max: 0}",
    "select: {max: 1001}",
    "select: {type: certificate}",
    "select: {tags: [a]}",
    "select: {}\nobjectName: n",
    "select: {}\nobjectVersion: v1",
    "select: {}\nfileName: all.txt",
]
GOOD_ITEMS = [
    ITEM,
    ITEM + "objectAlias: a/b\nfilePermission: '0400'\nobjectVersion: v1\nobjectVersionHistory: 3",
    ITEM + "objectFormat: PFX\nobjectEncoding: Base64",
    ITEM + "default: 5",
    ITEM + "minRemaining: 1h30m",
    ITEM + "outputs: [{part: combined, fileName: a, keyOrder: last, keyFormat: sec1}]\nverify: false",
    "objectName: n\nobjectType: key\npublicKeyFormat: openssh",
    ITEM + "fallbackVault: kv-a\nfallbackOn: [unavailable, notFound]",
    "select: {}",
    "select: {regex: 'a-[0-9]+'}\nobjectVersion: previous\nencode: hex",
]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def inlined(manifest):
    """The class with its objects parsed."""
    copied = copy.deepcopy(manifest)
    objects = yaml.safe_load(copied["spec"]["parameters"]["objects"])
    objects["array"] = [yaml.safe_load(item) if isinstance(item, str) else item for item in objects["array"]]
    copied["spec"]["parameters"]["objects"] = objects
    return copied


class SchemaTest(unittest.TestCase):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    item_validator = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["item"], "$defs": SCHEMA["$defs"]})

    def test_the_schema_is_valid(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_every_example_of_the_page_fits(self):
        classes, items = 0, 0
        for text in blocks("yaml"):
            value = yaml.safe_load(text)
            if isinstance(value, dict):
                self.validator.validate(inlined(value))
                classes += 1
                continue
            for item in value:
                with self.subTest(item=item):
                    self.item_validator.validate(item)
                items += 1
        self.assertEqual(classes, 1)
        self.assertGreater(items, 10)

    def test_every_key_of_the_page_is_in_the_schema_and_the_other_way_round(self):
        rows = set()
        for line in PAGE.splitlines():
            if line.startswith("| `") and not line.startswith("| `objectVersion` |"):
                rows |= set(re.findall(r"`([A-Za-z.]+)`", line.split("|")[1]))
        rows -= {"latest-enabled", "previous"}
        # The settings of the page about shaping, which test_shaping_schema.py checks.
        elsewhere = {"format", "extract", "explode", "envFile"}
        properties = SCHEMA["$defs"]["item"]["properties"].keys() - elsewhere
        known = set(properties) - {"select"} | {f"select.{key}" for key in SCHEMA["$defs"]["select"]["properties"]}
        known |= {"expiryWarning", "metadataFile"}
        self.assertEqual(rows | {"objectVersion"}, known)

    def test_the_examples_in_deploy_fit(self):
        found = 0
        for path in sorted((ROOT / "deploy").rglob("*.yaml")):
            # Manifests of the chart, and one with variables of a shell.
            if "templates" in path.parts or "${" in path.read_text():
                continue
            for document in yaml.safe_load_all(path.read_text()):
                if (document or {}).get("kind") == "SecretProviderClass":
                    self.validator.validate(inlined(document))
                    found += 1
        self.assertGreater(found, 0)

    def test_invalid_items_are_refused_by_the_schema(self):
        for text in BAD_ITEMS:
            with self.subTest(item=text):
                self.assertFalse(self.item_validator.is_valid(yaml.safe_load(text)))
        for text in GOOD_ITEMS:
            with self.subTest(item=text):
                self.item_validator.validate(yaml.safe_load(text))

    def test_invalid_classes_are_refused_by_the_schema(self):
        good = inlined(yaml.safe_load(next(text for text in blocks("yaml") if text.startswith("apiVersion"))))
        changes = {
            "expiryWarning": "often", "metadataFile": "/a", "fallbackVault": "a", "fallbackOn": "never",
            "colour": "red", "refreshInterval": "5", "useVMManagedIdentity": "yes", "keyvaultName": "https://kv",
        }
        for key, value in changes.items():
            bad = copy.deepcopy(good)
            bad["spec"]["parameters"][key] = value
            with self.subTest(key=key):
                self.assertFalse(self.validator.is_valid(bad))


class AgreementTest(unittest.TestCase):
    """The provider's verdict for the same class."""

    setUpClass = classmethod(test_provider.ProviderTest.setUpClass.__func__)
    setUp = test_provider.ProviderTest.setUp
    request = test_provider.ProviderTest.request
    mount = test_provider.ProviderTest.mount

    def code(self, item, **changes):
        try:
            self.mount(item, **changes)
            return None
        except grpc.RpcError as error:
            return error.code()

    def test_items(self):
        for text in BAD_ITEMS:
            with self.subTest(item=text):
                self.assertEqual(self.code(text), grpc.StatusCode.INVALID_ARGUMENT)
        for text in GOOD_ITEMS:
            # A missing fallback vault is never requested, and missing objects do not matter here.
            with self.subTest(item=text):
                self.assertNotEqual(self.code(text), grpc.StatusCode.INVALID_ARGUMENT)

    def test_class_parameters(self):
        for key, value in {"expiryWarning": "often", "metadataFile": "/a", "fallbackVault": "a", "fallbackOn": "never",
                           "refreshInterval": "5"}.items():
            with self.subTest(key=key):
                self.assertEqual(self.code(ITEM, **{key: value}), grpc.StatusCode.INVALID_ARGUMENT)


if __name__ == "__main__":
    unittest.main()
