"""The emulator's pages, compared with the emulator."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import world as w

DOCUMENTS = w.ROOT / "docs/develop"


def help_of(*words):
    return subprocess.run([w.PROGRAMS / "akv-emulator", *words, "--help"], check=True, capture_output=True,
                          text=True).stdout


class DocumentsTest(unittest.TestCase):
    def setUp(self):
        self.seed = (DOCUMENTS / "emulator-seed.md").read_text()
        self.manual = (DOCUMENTS / "emulator.md").read_text()

    def test_the_example_is_a_seed(self):
        world_seed = re.search(r"```yaml\n(.*?)```", self.seed, re.DOTALL)[1]
        directory = tempfile.TemporaryDirectory(prefix="akv-seed-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name) / "seed.yaml"
        path.write_text(world_seed)
        world = w.World(seed=path)
        self.addCleanup(world.stop)
        listed = subprocess.run([w.PROGRAMS / "akv-emulator", "list", "--directory", world.directory / "azure"],
                                check=True, capture_output=True, text=True).stdout
        self.assertRegex(listed, r"kv-payments +secrets/api-key +2 ")
        self.assertRegex(listed, r"certificates/shop-tls")

    def test_every_key_of_a_seed_is_explained(self):
        schema = (w.ROOT / "Sources/AzureEmulator/State/SeedSchema.swift").read_text()
        known = re.search(r"static let seed = (.*?)\n    \]\)", schema, re.DOTALL)[1]
        keys = set(re.findall(r'"(\w+)"', known))
        self.assertGreater(len(keys), 30)
        self.assertEqual({key for key in keys if f"`{key}`" not in self.seed}, set())

    def test_every_role_is_there(self):
        roles = (w.ROOT / "Sources/AzureEmulator/Vault/VaultRoles.swift").read_text()
        known = set(re.findall(r'"(Key Vault [\w ]+)":', roles))
        documented = set(re.findall(r"^\| (Key Vault [\w ]+?) \|", self.seed, re.MULTILINE))
        self.assertEqual(known, documented)

    def test_every_command_is_there(self):
        commands = re.findall(r"^  ([a-z-]+)  +\S", help_of().split("SUBCOMMANDS", 1)[1], re.MULTILINE)
        self.assertGreater(len(commands), 12)
        for command in commands:
            with self.subTest(command):
                self.assertRegex(self.manual, rf"`{command}\b")
        for option in re.findall(r"--[a-z-]+", " ".join(re.findall(r"\| `serve ([^`]*)`", self.manual))):
            self.assertIn(option, help_of("serve"))


if __name__ == "__main__":
    unittest.main()
