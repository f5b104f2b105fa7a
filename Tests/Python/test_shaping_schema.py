"""The schema's part about shaping, compared with the page that explains it and the provider."""

import re
import unittest

import grpc
import yaml

import test_provider
import test_schema
from test_schema import ITEM, ROOT

PAGE = (ROOT / "docs/use/transforming-secrets.md").read_text()

# Each has one mistake, for the schema and for the provider.
BAD_ITEMS = [
    ITEM + "format: toml",
    ITEM + "extract: /a",
    ITEM + "extract: {}",
    ITEM + "extract: {pointer: a}",
    ITEM + "extract: {pointer: /a~2}",
    ITEM + "extract: {pointer: /a, jmesPath: a}",
    ITEM + "extract: {pointer: /a, indent: 17}",
    ITEM + "explode: yes",
    ITEM + "explode: {fileName: x}",
    ITEM + "explode: {maximum: 0}",
    ITEM + "explode: {keys: []}",
    ITEM + "explode: {}\nenvFile: {}",
    ITEM + "envFile: {dialect: bash}",
    ITEM + "envFile: {prefix: 1_}",
    ITEM + "envFile: {upperCase: sometimes}",
    "objectName: n\nobjectType: cert\nextract: {pointer: /a}",
    "objectName: n\nobjectType: key\nformat: yaml",
]
GOOD_ITEMS = [
    ITEM + "format: yaml",
    ITEM + "extract: {pointer: ''}",
    ITEM + "extract: {pointer: /a~1b/0, default: 5, indent: 2}",
    ITEM + "extract: {jmesPath: 'a[0].b'}\nexplode: {keys: a*, fileName: '{{ path }}.{{ key }}', maximum: 5}",
    ITEM + "envFile: {dialect: docker, keys: [a, b], prefix: A_, upperCase: true}",
]
BAD_FILES = [
    "[]",
    "- {template: x}",
    "- {fileName: ../a, template: x}",
    "- {fileName: a}",
    "- {fileName: a, template: x, envFile: {}}",
    "- {fileName: a, envFile: {}}",
    "- {fileName: a, template: x, fieldsOf: n}",
    "- {fileName: a, template: x, filePermission: rw}",
]
GOOD_FILES = [
    "- {fileName: a, template: '{{ n }}', filePermission: '0400'}",
    "- {fileName: a, template: '{{ x.y }}', objects: {x: n}}",
    "- {fileName: a, envFile: {}, objects: {A: n}, fieldsOf: [n]}",
]


class ShapingSchemaTest(unittest.TestCase):
    item_validator = test_schema.SchemaTest.item_validator
    files_validator = type(item_validator)({**test_schema.SCHEMA["$defs"]["files"], "$defs": test_schema.SCHEMA["$defs"]})

    def test_every_example_of_the_page_fits(self):
        items, files = 0, 0
        for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.S):
            value = yaml.safe_load(text)
            if isinstance(value, dict) and "parameters" in value:
                self.files_validator.validate(yaml.safe_load(value["parameters"]["files"]))
                files += 1
                value = value["parameters"]
            if isinstance(value, dict) and "objects" in value:
                value = yaml.safe_load(value["objects"])["array"]
            if isinstance(value, list):
                for item in value:
                    self.item_validator.validate(item)
                    items += 1
        self.assertEqual(files, 1)
        self.assertGreater(items, 5)

    def test_every_key_is_on_the_page(self):
        for name in ["extract", "explode", "envFile"]:
            for key in test_schema.SCHEMA["$defs"][name]["properties"]:
                self.assertIn(f"| `{key}` |", PAGE, name)
        for key in test_schema.SCHEMA["$defs"]["files"]["items"]["properties"]:
            self.assertIn(f"| `{key}` |", PAGE)

    def test_items_and_files(self):
        for validator, good, bad in [(self.item_validator, GOOD_ITEMS, BAD_ITEMS), (self.files_validator, GOOD_FILES, BAD_FILES)]:
            for text in bad:
                with self.subTest(text):
                    self.assertFalse(validator.is_valid(yaml.safe_load(text)))
            for text in good:
                with self.subTest(text):
                    validator.validate(yaml.safe_load(text))


class ShapingAgreementTest(unittest.TestCase):
    """The provider's verdict for the same class. Missing objects do not matter here."""

    setUpClass = classmethod(test_provider.ProviderTest.setUpClass.__func__)
    setUp = test_provider.ProviderTest.setUp
    request = test_provider.ProviderTest.request
    mount = test_provider.ProviderTest.mount
    code = test_schema.AgreementTest.code

    def test_items_and_files(self):
        for text in BAD_ITEMS:
            with self.subTest(text):
                self.assertEqual(self.code(text), grpc.StatusCode.INVALID_ARGUMENT)
        for text in GOOD_ITEMS:
            with self.subTest(text):
                self.assertEqual(self.code(text), grpc.StatusCode.NOT_FOUND)
        for text in BAD_FILES:
            with self.subTest(text):
                self.assertEqual(self.code(ITEM, files=text), grpc.StatusCode.INVALID_ARGUMENT)
        for text in GOOD_FILES:
            with self.subTest(text):
                self.assertEqual(self.code(ITEM, files=text), grpc.StatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
