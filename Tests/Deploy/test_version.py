"""The version is defined in one place, and every file that repeats it has the same version."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import charts as c
import version
import world as w

# In these files a version is history, an example, or the version of another program.
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

    def test_the_programs_print_the_version_with_commit_and_date(self):
        known = r"commit [0-9a-f]{12}(-modified)?, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
        for name in ["akv-csi", "akv-emulator"]:
            with self.subTest(name):
                said = subprocess.run([w.PROGRAMS / name, "--version"], check=True, capture_output=True, text=True).stdout
                self.assertRegex(said, rf"^v{re.escape(version.current())} \(({known}|commit unknown)\)\n$")


class BuildInfoTest(unittest.TestCase):
    """The commit and its date, as `make release` gives them to the compiler."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-build-info-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name) / "source"
        (self.root / "deploy/release").mkdir(parents=True)
        self.script = pathlib.Path(shutil.copy(c.ROOT / "deploy/release/build-info.sh", self.root / "deploy/release"))

    def git(self, *words):
        identity = {name: "test" for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]}
        dates = {name: "2026-11-27T10:01:00+01:00" for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"]}
        return subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, text=True,
                              env={**os.environ, **identity, **dates}).stdout.strip()

    def info(self, **environment):
        kept = {name: value for name, value in os.environ.items() if name not in ("AKV_COMMIT", "SOURCE_DATE_EPOCH")}
        return subprocess.run([self.script], check=True, capture_output=True, text=True, env={**kept, **environment}).stdout.strip()

    def commit(self):
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "first")
        return self.git("rev-parse", "--short=12", "HEAD")

    def test_the_commit_and_its_date_in_utc(self):
        commit = self.commit()
        self.assertEqual(self.info(), f"AKV_COMMIT={commit} AKV_DATE=2026-11-27T09:01:00Z")
        self.assertEqual(self.info(SOURCE_DATE_EPOCH="1"), f"AKV_COMMIT={commit} AKV_DATE=1970-01-01T00:00:01Z")
        (self.root / "untracked").write_text("")
        self.assertEqual(self.info(), f"AKV_COMMIT={commit} AKV_DATE=2026-11-27T09:01:00Z")

    def test_a_changed_source_is_not_the_commit(self):
        commit = self.commit()
        with self.script.open("a") as file:
            file.write("# changed\n")
        self.assertEqual(self.info(), f"AKV_COMMIT={commit}-modified AKV_DATE=2026-11-27T09:01:00Z")

    def test_without_git_the_caller_sets_the_commit(self):
        self.assertEqual(self.info(), "AKV_COMMIT=unknown AKV_DATE=unknown")
        self.assertEqual(self.info(AKV_COMMIT="0123456789ab", SOURCE_DATE_EPOCH="60"),
                         "AKV_COMMIT=0123456789ab AKV_DATE=1970-01-01T00:01:00Z")
        # The image's build has this default.
        self.assertEqual(self.info(AKV_COMMIT="unknown", SOURCE_DATE_EPOCH="0"), "AKV_COMMIT=unknown AKV_DATE=unknown")

    def test_another_repository_around_the_source_is_not_asked(self):
        subprocess.run(["git", "init", "--quiet", self.root.parent], check=True)
        self.assertEqual(self.info(), "AKV_COMMIT=unknown AKV_DATE=unknown")

    def test_the_compiler_gets_it(self):
        """make passes both to swift build, and the manifest to the C compiler."""
        recipe = subprocess.run(["make", "--dry-run", "release"], cwd=c.ROOT, check=True, capture_output=True, text=True).stdout
        self.assertIn("env $(deploy/release/build-info.sh) swift build", recipe)
        manifest = json.loads(subprocess.run(
            ["swift", "package", "dump-package"], cwd=c.ROOT, check=True, capture_output=True, text=True,
            env={**os.environ, "AKV_COMMIT": "0123456789ab", "AKV_DATE": "2026-11-27T09:01:00Z"}).stdout)
        target = next(target for target in manifest["targets"] if target["name"] == "CBuildInfo")
        defined = [setting["kind"]["define"]["_0"] for setting in target["settings"] if "define" in setting["kind"]]
        self.assertEqual(defined, ['AKV_COMMIT="0123456789ab"', 'AKV_DATE="2026-11-27T09:01:00Z"'])


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

    def test_an_invalid_version_is_refused(self):
        for text in ["v1.2.3", "1.2", "", "1.2.3 ", "latest"]:
            with self.assertRaisesRegex(ValueError, "semantic version"):
                version.write(text, self.root)
        self.assertEqual(version.current(self.root), version.current())

    def test_a_missing_place_is_reported(self):
        (self.root / "deploy/kustomize/aks/kustomization.yaml").write_text("")
        with self.assertRaisesRegex(ValueError, "kustomization.yaml has no version after newTag"):
            version.write("9.8.7", self.root)


if __name__ == "__main__":
    unittest.main()
