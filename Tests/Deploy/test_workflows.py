"""The code host's files: workflows and forms follow their schemas, use pinned actions, and contain correct shell scripts.

An actionlint in PATH is used in addition. Its package needs a network, so these tests do not install it; the workflow
Check runs it.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import yaml

import charts as c
import images

GITHUB = c.ROOT / ".github"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in sorted((GITHUB / "workflows").glob("*.yml"))}
# The checks of a proposed change must not have rights to write.
OPEN_TO_ALL = {"check.yml"}


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, **options)


def jobs():
    for name, workflow in WORKFLOWS.items():
        for job_name, job in workflow["jobs"].items():
            yield f"{name}: {job_name}", workflow, job


def steps():
    for where, workflow, job in jobs():
        for index, step in enumerate(job.get("steps", [])):
            yield f"{where}, step {index + 1}", workflow, job, step


def needed(job):
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def expressions(value):
    """The texts inside ${{ }}, and conditions, which need no braces."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "if" and isinstance(inner, str) else expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{\{(.*?)\}\}", value)


class SchemaTest(unittest.TestCase):
    def judge(self, schema, *paths):
        self.assertTrue(paths)
        result = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_workflows(self):
        self.judge("github-workflows", *(GITHUB / "workflows").glob("*.yml"))

    def test_issue_forms(self):
        forms = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
        self.judge("github-issue-forms", *forms)
        self.judge("github-issue-config", GITHUB / "ISSUE_TEMPLATE/config.yml")

    def test_zizmor_finds_nothing(self):
        """Injection into scripts, credentials that outlive a step, actions without a pin, rights without an explanation."""
        zizmor = pathlib.Path(sys.executable).parent / "zizmor"
        result = run(zizmor, "--offline", "--persona", "pedantic", "--no-progress", GITHUB / "workflows")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    @unittest.skipUnless(shutil.which("actionlint"), "only where actionlint is installed")
    def test_actionlint_finds_nothing(self):
        result = run("actionlint", cwd=c.ROOT)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class WorkflowsTest(unittest.TestCase):
    def test_actions_are_pinned_to_a_commit_with_its_version(self):
        count = 0
        for path in (GITHUB / "workflows").glob("*.yml"):
            for line in re.findall(r"^ *(?:- )?uses: (.*)$", path.read_text(), re.M):
                with self.subTest(workflow=path.name, uses=line):
                    self.assertRegex(line, r"^(\./\S+( # .*)?|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$")
                    count += 1
        self.assertGreater(count, 5)

    def test_one_action_has_one_version(self):
        text = "\n".join(path.read_text() for path in (GITHUB / "workflows").glob("*.yml"))
        pins = set(re.findall(r"uses: ([\w./-]+)@(\w+)", text))
        self.assertEqual(len(pins), len({action for action, _ in pins}), sorted(pins))

    def test_jobs_have_only_the_rights_they_name_and_an_end(self):
        for where, workflow, job in jobs():
            with self.subTest(where):
                self.assertEqual(workflow["permissions"], {})
                self.assertIn("permissions", job)
                if where.split(":")[0] in OPEN_TO_ALL:
                    self.assertEqual(job["permissions"], {"contents": "read"})
                if "uses" not in job:
                    self.assertLessEqual(job["timeout-minutes"], 120)
                if "write" in job["permissions"].values():
                    self.assertEqual(job["environment"], "release")

    def test_every_name_in_an_expression_exists(self):
        for where, workflow, job in jobs():
            with self.subTest(where):
                self.assertLessEqual(set(needed(job)), set(workflow["jobs"]))
                matrix = job.get("strategy", {}).get("matrix", {}).get("include", [])
                ids = {step["id"] for step in job.get("steps", []) if "id" in step}
                for expression in expressions(job):
                    for name, output in re.findall(r"\bneeds\.([\w-]+)\.outputs\.([\w-]+)", expression):
                        self.assertIn(name, needed(job))
                        self.assertIn(output, workflow["jobs"][name]["outputs"])
                    for key in re.findall(r"\bmatrix\.([\w-]+)", expression):
                        self.assertTrue(matrix and all(key in row for row in matrix), key)
                    for step in re.findall(r"\bsteps\.([\w-]+)\.", expression):
                        self.assertIn(step, ids)

    def test_scripts_pass_shellcheck(self):
        count = 0
        for where, workflow, _, step in steps():
            if "run" not in step:
                continue
            with self.subTest(where):
                self.assertEqual(workflow["defaults"]["run"]["shell"], "bash")
                # As on the runner: an error, also inside a pipe, ends the step.
                script = "#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"]
                result = run("shellcheck", "--exclude=SC2154", "-", input=script)
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertNotIn("${{", step["run"], "give the value to the script in env")
                count += 1
        self.assertGreater(count, 8)

    def test_scripts_call_files_and_targets_that_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", (c.ROOT / "Makefile").read_text(), re.M))
        for where, _, _, step in steps():
            with self.subTest(where):
                for name in re.findall(r"(?<![\w/.])((?:deploy|Tests)/[\w./-]+)", step.get("run", "")):
                    self.assertTrue((c.ROOT / name).exists(), name)
                for target in re.findall(r"\bmake (?:--silent )?([a-z-]+)", step.get("run", "")):
                    self.assertIn(target, targets)

    def test_changes_and_releases_run_all_checks(self):
        commands = [step.get("run") for step in WORKFLOWS["check.yml"]["jobs"]["test"]["steps"]]
        self.assertIn("make test", commands)
        release = WORKFLOWS["release.yml"]["jobs"]
        self.assertEqual(release["test"]["uses"], "./.github/workflows/check.yml")
        # The checks must pass before anything is published.
        for name, job in release.items():
            if "write" in job["permissions"].values():
                before, rest = set(), [name]
                while rest:
                    wanted = needed(release[rest.pop()])
                    rest += [name for name in wanted if name not in before]
                    before |= set(wanted)
                self.assertIn("test", before, name)

    def test_every_image_is_built_pushed_signed_and_attested(self):
        jobs = WORKFLOWS["release.yml"]["jobs"]
        scripts = {name: "\n".join(step.get("run", "") for step in job.get("steps", [])) for name, job in jobs.items()}
        programs = [stage for stage in images.stages() if stage != "build"]
        self.assertEqual(sorted(programs), ["akv-csi", "akv-emulator"])
        for program in programs:
            self.assertIn(f"build --target {program} ", scripts["image"])
            self.assertIn(f"check {program} ", scripts["image"])
        self.assertIn("cosign sign --yes --recursive", scripts["index"])
        for output, variable in [("image", "IMAGE"), ("emulator", "EMULATOR")]:
            with self.subTest(output):
                self.assertIn(f'push {output} "${variable}"', scripts["image"])
                self.assertIn(f'publish {output} "${variable}"', scripts["index"])
                self.assertIn(output, jobs["names"]["outputs"])
                for name, count in [("image", 2), ("index", 1)]:
                    attested = [step["with"] for step in jobs[name]["steps"] if "actions/attest@" in step.get("uses", "")
                                and step["with"]["subject-digest"] == f"${{{{ steps.push.outputs.{output} }}}}"]
                    self.assertEqual(len(attested), count)
                    self.assertEqual({step["subject-name"] for step in attested}, {f"${{{{ needs.names.outputs.{output} }}}}"})
                    self.assertEqual(sum("sbom-path" in step for step in attested), 1 if name == "image" else 0)
                    self.assertTrue(all(step["push-to-registry"] for step in attested))
        # Each architecture has its own runner.
        rows = jobs["image"]["strategy"]["matrix"]["include"]
        self.assertEqual({row["architecture"]: row["runner"].endswith("-arm") for row in rows}, {"amd64": False, "arm64": True})

    def test_the_image_has_the_commit_and_its_date(self):
        script = "\n".join(step.get("run", "") for step in WORKFLOWS["release.yml"]["jobs"]["image"]["steps"])
        build = images.instructions("build")
        for name in ["SOURCE_DATE_EPOCH", "AKV_COMMIT"]:
            self.assertIn(f'--build-arg "{name}=', script)
            # Before the compilation of the program, which reads it.
            self.assertLess(build.index(f"ARG {name}="), build.index("make release"))
            self.assertIn(name, (c.ROOT / "deploy/release/build-info.sh").read_text())

    def test_registry_and_repositories_are_variables(self):
        text = (GITHUB / "workflows/release.yml").read_text()
        documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (c.ROOT / "docs/develop/releasing.md").read_text(), re.M))
        self.assertEqual(set(re.findall(r"\$\{\{ vars\.([A-Z_]+)", text)), documented)
        self.assertEqual(set(re.findall(r"^#   ([A-Z_]+)  ", text, re.M)), documented)

    def test_the_check_builds_with_the_images_toolchain(self):
        image = re.search(r"^ARG BUILD_IMAGE=(.*)$", (c.ROOT / "deploy/image/Containerfile").read_text(), re.M)[1]
        self.assertEqual(WORKFLOWS["check.yml"]["jobs"]["test"]["container"]["image"], image)


if __name__ == "__main__":
    unittest.main()
