"""The version stands in one place, and every file that repeats it agrees."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import charts as c
import version
import world as w

# Here it is history, an example, or the version of something else.
UNRELATED = {"CHANGELOG.md", "docs/develop/releasing.md"}


class VersionTest(unittest.TestCase):
    def test_every_place_has_the_same_version(self):
        for (name, before), versions in version.found().items():
            with self.subTest(file=name, after=before):
                self.assertEqual(set(versions), {version.current()}, "run `make version SET=…`")

    def test_no_other_file_names_the_version(self):
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=c.ROOT, check=True, capture_output=True, text=True).stdout
        names = [name for name in tracked.split("\0") if name and name not in UNRELATED | version.PLACES.keys()]
        self.assertGreater(len(names), 500)
        pattern = re.compile(rf"(?<![\w.]){re.escape('v' + version.current())}(?![\w.])")
        naming = [name for name in names if (c.ROOT / name).is_file()
                  and pattern.search((c.ROOT / name).read_text(errors="replace"))]
        self.assertEqual(naming, [], "add them to PLACES in Tests/Deploy/version.py, or to UNRELATED here")

    def test_the_changelog_has_a_section_for_it(self):
        self.assertIn(version.current(), re.findall(r"^## \[([^\]]+)\]", (c.ROOT / "CHANGELOG.md").read_text(), re.M))

    def test_the_program_says_it(self):
        said = subprocess.run([w.PROGRAMS / "akv-csi", "--version"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(said, f"v{version.current()}\n")


class SetTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-version-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        for name in version.PLACES:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(c.ROOT / name, self.root / name)

    def test_it_is_written_to_every_place(self):
        for new in ["9.8.7", "10.0.0-rc.1", "9.8.7"]:
            version.write(new, self.root)
            self.assertEqual({found for versions in version.found(self.root).values() for found in versions}, {new})

    def test_nothing_else_is_changed(self):
        before = version.current()
        version.write("9.8.7", self.root)
        version.write(before, self.root)
        for name in version.PLACES:
            self.assertEqual((self.root / name).read_text(), (c.ROOT / name).read_text())

    def test_what_is_not_a_version_is_refused(self):
        for text in ["v1.2.3", "1.2", "", "1.2.3 ", "latest"]:
            with self.assertRaisesRegex(ValueError, "semantic version"):
                version.write(text, self.root)
        self.assertEqual(version.current(self.root), version.current())

    def test_a_place_that_is_gone_is_reported(self):
        (self.root / "deploy/kustomize/aks/kustomization.yaml").write_text("")
        with self.assertRaisesRegex(ValueError, "kustomization.yaml has no version after newTag"):
            version.write("9.8.7", self.root)


if __name__ == "__main__":
    unittest.main()
