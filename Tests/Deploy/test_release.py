"""The parts of a release that can be built without a network: notes, programs and the chart."""

import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

import yaml

import charts as c
import version
import world as w

RELEASE = c.ROOT / "deploy/release"
CHANGELOG = (c.ROOT / "CHANGELOG.md").read_text()


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, **options)


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-release-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_notes_are_the_changelogs_section(self):
        result = run(RELEASE / "notes.py", version.current())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(result.stdout.strip(), CHANGELOG)
        self.assertNotIn("\n## ", "\n" + result.stdout)

    def test_a_version_without_notes_is_refused(self):
        for text in ["9.9.9", "", "Unreleased now"]:
            result = run(RELEASE / "notes.py", text)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("CHANGELOG.md has nothing about", result.stderr)

    def test_the_changelog_keeps_its_form(self):
        headings = re.findall(r"^## (.*)$", CHANGELOG, re.M)
        self.assertEqual(headings[0], "[Unreleased]")
        for heading in headings[1:]:
            self.assertRegex(heading, rf"^\[{version.SEMANTIC}\] - \d{{4}}-\d\d-\d\d$")
        kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
        self.assertLessEqual(set(re.findall(r"^### (.*)$", CHANGELOG, re.M)), kinds)

    def test_programs_are_packed_so_that_they_run(self):
        archives = []
        for name in ["first", "second"]:
            output = self.directory / name
            output.mkdir()
            result = run(RELEASE / "programs.sh", w.PROGRAMS, output, "9.8.7", "amd64", env={**os.environ, "SOURCE_DATE_EPOCH": "1"})
            self.assertEqual(result.returncode, 0, result.stderr)
            archives.append(output / "akv-csi-9.8.7-linux-amd64.tar.gz")
        self.assertEqual(archives[0].read_bytes(), archives[1].read_bytes())
        with tarfile.open(archives[0]) as archive:
            self.assertEqual({(member.uid, member.gid, member.mtime) for member in archive}, {(0, 0, 1)})
            archive.extractall(self.directory, filter="data")
        place = self.directory / "akv-csi-9.8.7-linux-amd64"
        self.assertEqual(sorted(path.name for path in place.iterdir()), ["CHANGELOG.md", "LICENSE", "README.md", "akv-csi", "akv-emulator", "kubectl-akv", "share"])
        self.assertLessEqual({"akv-csi-serve.1", "akv-emulator.1", "kubectl-akv-doctor.1"},
                             {page.name for page in (place / "share/man/man1").iterdir()})
        self.assertEqual((place / "kubectl-akv").readlink(), pathlib.Path("akv-csi"))
        for name in ["akv-csi", "akv-emulator", "kubectl-akv"]:
            self.assertRegex(run(place / name, "--version").stdout, rf"^v{re.escape(version.current())} \(commit ")

    @unittest.skipUnless(w.PROGRAMS.name == "release", "programs for debugging use shared libraries")
    def test_programs_need_nothing_but_the_c_library(self):
        c_library = {"linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1"}
        for name in ["akv-csi", "akv-emulator"]:
            with self.subTest(name):
                needed = {line.split()[0] for line in run("ldd", w.PROGRAMS / name).stdout.splitlines()}
                self.assertLessEqual({library for library in needed if "/ld-linux" not in library}, c_library)

    def test_the_packed_chart_installs_the_published_image(self):
        chart = c.Chart()
        self.addCleanup(chart.close)
        words = [RELEASE / "chart.sh", chart.path, "ghcr.io/someone/akv-csi", self.directory]
        path = {**os.environ, "PATH": f"{c.TOOLS}:{os.environ['PATH']}"}
        result = run(*words, env=path)
        self.assertEqual(result.returncode, 0, result.stderr)
        packed = self.directory / f"akv-csi-{version.current()}.tgz"
        rendered = run(c.TOOLS / "helm", "template", c.NAME, packed, "--set", "secrets-store-csi-driver.install=false")
        self.assertEqual(rendered.returncode, 0, rendered.stderr)
        images = re.findall(r"image: (\S+)", rendered.stdout)
        self.assertEqual(set(images), {f"ghcr.io/someone/akv-csi:v{version.current()}"})
        # The driver's chart is included, so that the installation does not download it.
        with tarfile.open(packed) as archive:
            self.assertIn("akv-csi/charts/secrets-store-csi-driver/Chart.yaml", archive.getnames())
            self.assertNotIn("placeholder", archive.extractfile("akv-csi/values.yaml").read().decode())
        # A second run does not find a placeholder.
        self.assertIn("must name registry.example.com/akv-csi once", run(*words, env=path).stderr)

    def test_its_scripts_pass_shellcheck(self):
        result = run("shellcheck", *RELEASE.glob("*.sh"))
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_the_chart_names_what_the_release_publishes(self):
        values = yaml.safe_load((c.CHART / "values.yaml").read_text())
        self.assertIn(f"placeholder={values['linux']['image']['repository']}\n", (RELEASE / "chart.sh").read_text())


if __name__ == "__main__":
    unittest.main()
