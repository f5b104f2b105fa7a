"""The commands with invalid input: files that cannot be read, broken pipes, and full disks."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import test_mount
import world as w
from test_tools import EXAMPLE, POD_IDENTITY, run

WRONG = EXAMPLE.read_text().replace("clientID:", "cloudNames: x\n    clientID:")
COMMANDS = ["serve", "mount", "check", "doctor", "migrate"]


class InputTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def rules(self, *words, **options):
        result = run("check", "--output", "json", *words, **options)
        self.assertEqual(result.stderr, "")
        return sorted((finding["rule"], pathlib.Path(finding["file"]).name) for finding in
                      json.loads(result.stdout)["findings"])

    def test_one_bad_file_does_not_hide_the_others(self):
        (self.directory / "a.yaml").write_bytes("kind: größe\n".encode("latin-1"))
        (self.directory / "b.yaml").write_text(WRONG)
        (self.directory / "c.yaml").symlink_to("nowhere")
        (self.directory / "d.yaml").mkdir()
        # A pipe without a writer would block the check indefinitely.
        os.mkfifo(self.directory / "e.yaml")
        unreadable = [("file-unreadable", "a.yaml"), ("file-unreadable", "c.yaml")]
        self.assertEqual(self.rules(self.directory, timeout=w.DEADLINE), [*unreadable, ("parameter-unknown", "b.yaml")])
        result = run("migrate", self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertIn("a.yaml:1: the file is not UTF-8", result.stdout)
        self.assertIn("c.yaml:1: no such file or directory", result.stdout)

    @unittest.skipUnless(os.geteuid() == 0, "needs another user to be")
    def test_forbidden_objects_do_not_hide_others(self):
        program = self.directory / "akv-csi"
        shutil.copy(w.PROGRAMS / "akv-csi", program)
        tree = self.directory / "tree"
        (tree / "closed").mkdir(parents=True)
        for name in ["a.yaml", "b.yaml", "closed/c.yaml"]:
            (tree / name).write_text(WRONG)
        (tree / "a.yaml").chmod(0)
        (tree / "closed").chmod(0)
        for place in [self.directory, tree]:
            place.chmod(0o755)
        done = subprocess.run([program, "check", "--output", "json", tree], user=65534, group=65534, extra_groups=[],
                              capture_output=True, text=True)
        (tree / "closed").chmod(0o700)
        found = {(f["rule"], pathlib.Path(f["file"]).name, f["message"]) for f in json.loads(done.stdout)["findings"]}
        self.assertEqual(found, {
            ("file-unreadable", "a.yaml", "permission denied"), ("file-unreadable", "closed", "the directory cannot be read"),
            ("parameter-unknown", "b.yaml", "the provider ignores the parameter cloudNames")})

    def test_each_finding_says_what_to_do_about_a_file(self):
        (self.directory / "a.yaml").write_bytes(b"\xff")
        for words, fix in [([self.directory / "a.yaml"], "save it as UTF-8"), (["/nowhere"], "name a file"),
                           ([tempfile.mkdtemp(dir=self.directory)], "with *.yaml, *.yml or *.json below it")]:
            self.assertIn(f"fix: {fix}" if fix[0] != "w" else fix, run("check", *words).stdout)

    def test_a_file_counts_once_however_often_it_is_named(self):
        file = self.directory / "a.yaml"
        file.write_text(WRONG)
        (self.directory / "link.yaml").symlink_to("a.yaml")
        self.assertEqual(self.rules(file, self.directory, f"{self.directory}/./a.yaml"), [("parameter-unknown", "a.yaml")])

    def test_pipes_are_files(self):
        for place in ["-", "/dev/stdin"]:
            self.assertEqual(self.rules(place, input=WRONG)[0][0], "parameter-unknown")
        reading, writing = os.pipe()
        os.write(writing, WRONG.encode())
        os.close(writing)
        self.addCleanup(os.close, reading)
        self.assertEqual(self.rules(f"/dev/fd/{reading}", pass_fds=[reading])[0][0], "parameter-unknown")

    def test_empty_input_is_a_finding(self):
        result = run("check", "-", input="")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("standard input is empty", result.stdout)
        result = run("check", "-", input="kind: ConfigMap\n")
        self.assertEqual(result.returncode, 0)
        self.assertIn("no SecretProviderClass", result.stdout)
        done = subprocess.run([w.PROGRAMS / "akv-csi", "check", "-"], input=b"kind: gr\xf6\xdfe\n", capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not UTF-8", done.stdout)

    def test_a_whole_clusters_manifests_are_read(self):
        map = "kind: ConfigMap\nmetadata: {name: x, labels: {a: b, c: d}}\ndata: {a: b}\n---\n"
        self.assertEqual(self.rules("-", input=map * 12000 + WRONG)[0][0], "parameter-unknown")
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{y}: &{y} [{','.join([f'*{x}'] * 9)}]\n" for x, y in zip("abcdefgh", "bcdefghi"))
        result = run("check", "-", input=bomb, timeout=w.DEADLINE)
        self.assertIn("do without nested anchors", result.stdout)

    def test_json_is_json_whatever_happens(self):
        for words, code in [(["doctor", "/nowhere"], 2), (["doctor", "--token-file", "/nowhere", EXAMPLE], 2),
                            (["migrate", "/nowhere"], 2), (["doctor", "--class", "none", EXAMPLE], 1),
                            (["check", "/nowhere"], 2),
                            (["doctor", "--token-server", "http://127.0.0.1:1", EXAMPLE], 1)]:
            with self.subTest(words=words):
                result = run(*words, "--output", "json")
                self.assertEqual(result.returncode, code)
                answer = json.loads(result.stdout)
                if words[0] == "doctor":
                    self.assertEqual((answer["works"], answer["cause"], answer["steps"]), (False, "input", []))
                    self.assertIn(answer["verdict"], result.stderr)

    def test_a_mistake_in_a_command_is_explained_by_that_command(self):
        for words in [["doctor", "--endpoint", "x", EXAMPLE], ["doctor", "--timeout", "0s", EXAMPLE],
                      ["doctor", "--token-proxy-url", "http://x", EXAMPLE], ["migrate", "--write", "-"],
                      ["mount", "--file", EXAMPLE, "--target", "t", "--interval", "0s"],
                      ["mount", "--file", EXAMPLE, "--target", "t", "--endpoint", "x"]]:
            with self.subTest(words=words):
                result = run(*words, cwd=self.directory)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(f"Usage: akv-csi {words[0]} ", result.stderr)

    def test_a_closed_pipe_is_ignored_and_a_full_disk_is_reported(self):
        (self.directory / "a.yaml").write_text(WRONG)
        for words in [["check", "--output", "sarif"], ["check"], ["migrate"], ["doctor"]]:
            for restore in [True, False]:
                with self.subTest(words=words, restore=restore):
                    reading, writing = os.pipe()
                    os.close(reading)
                    done = subprocess.run([w.PROGRAMS / "akv-csi", *words, self.directory / "a.yaml"], stdout=writing,
                                          stderr=subprocess.PIPE, restore_signals=restore, text=True)
                    os.close(writing)
                    self.assertEqual(done.stderr, "")
                    self.assertIn(done.returncode, [0, 1, -signal.SIGPIPE])
            with open("/dev/full", "w") as full:
                done = subprocess.run([w.PROGRAMS / "akv-csi", *words, EXAMPLE], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("No space left on device", done.stderr)

    def test_migrate_changes_a_file_once_and_keeps_a_link_a_link(self):
        old = EXAMPLE.read_text().replace('usePodIdentity: "false"', 'usePodIdentity: "true"').replace(
            "azure.workload.identity/use:", "aadpodidbinding: payments  #")
        old += POD_IDENTITY
        file, link = self.directory / "payments.yaml", self.directory / "link.yaml"
        file.write_text(old)
        file.chmod(0o640)
        link.symlink_to("payments.yaml")
        result = run("migrate", "--write", link, file)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue(link.is_symlink())
        self.assertEqual(file.stat().st_mode & 0o777, 0o640)
        self.assertEqual(file.read_text().count('azure.workload.identity/use: "true"'), 1)
        self.assertEqual(run("check", file).stdout.count("parameter"), 0)

    def test_the_patch_of_migrate_does_what_write_does(self):
        old = EXAMPLE.read_text().replace('usePodIdentity: "false"', 'usePodIdentity: "true"').replace(
            "azure.workload.identity/use:", "aadpodidbinding: payments  #").replace("kind: ServiceAccount", "kind: ConfigMap")
        for newline in ["\n", "\r\n"]:
            with self.subTest(newline=newline):
                tree = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
                (tree / "a file.yaml").write_bytes((old + POD_IDENTITY).replace("\n", newline).encode())
                (tree / "end.yaml").write_bytes(old.replace("payments-keyvault", "other").rstrip().encode())
                copy = tree.with_name(f"{tree.name}-copy")
                shutil.copytree(tree, copy)
                patch = run("migrate", "--output", "patch", ".", cwd=tree)
                self.assertEqual(patch.returncode, 0, patch.stdout + patch.stderr)
                done = subprocess.run(["git", "apply", "-p1", "-"], input=subprocess.run(
                    [w.PROGRAMS / "akv-csi", "migrate", "--output", "patch", "."], cwd=tree, check=True,
                    capture_output=True).stdout, cwd=tree, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(run("migrate", "--write", ".", cwd=copy).returncode, 0)
                for name in ["a file.yaml", "end.yaml"]:
                    self.assertEqual((tree / name).read_bytes(), (copy / name).read_bytes())
                self.assertIn(b"kind: ServiceAccount", (tree / "a file.yaml").read_bytes())

    def test_mount_says_that_no_provider_answers(self):
        result = run("mount", "--file", EXAMPLE, "--target", self.directory / "t", "--endpoint",
                     f"unix://{self.directory}/azure.sock")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"no provider answers at unix://{self.directory}/azure.sock", result.stderr)

    def test_help_flows_and_completions_parse(self):
        for command in COMMANDS[1:]:
            text = run(command, "--help", env={**os.environ, "COLUMNS": "80"}).stdout.split("USAGE")[0]
            for line, next in zip(text.split("\n"), text.split("\n")[1:]):
                # A line is shorter than the width only if the next word does not fit.
                if line and next and not line.startswith(" "):
                    self.assertGreaterEqual(len(line) + len(next.split()[0]), 79, f"{command}: {line}")
        for shell, check in [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])]:
            for program in ["akv-csi", "akv-emulator"]:
                script = self.directory / f"{program}.{shell}"
                script.write_text(subprocess.run([w.PROGRAMS / program, "--generate-completion-script", shell],
                                                 check=True, capture_output=True, text=True).stdout)
                if shutil.which(shell):
                    subprocess.run([*check, script], check=True)


class DoctorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)

    def steps(self, manifest, *words):
        file = self.world.directory / "class.yaml"
        file.write_text(manifest)
        server = f"http://127.0.0.1:{self.world.endpoints['adminPort']}"
        result = run("doctor", file, "--service-account", "reader", "--token-server", server, "--output", "json", *words,
                     env={**os.environ, **self.world.environment})
        self.assertEqual(result.stderr, "")
        return {step["id"]: step for step in json.loads(result.stdout)["steps"]}

    def test_the_providers_own_cloud_counts(self):
        manifest = test_mount.secret_provider_class("one", "plain")
        self.assertIn("https://vault.azure.net", self.steps(manifest)["exchange"]["detail"])
        steps = self.steps(manifest, "--cloud-name", "AzureUSGovernmentCloud")
        self.assertIn("https://vault.usgovcloudapi.net", steps["exchange"]["detail"])

    def test_the_token_names_the_pod_if_no_option_does(self):
        file = self.world.directory / "class.yaml"
        file.write_text(test_mount.secret_provider_class("one", "plain"))
        token = self.world.directory / "token"
        for account in ["reader", "writer"]:
            token.write_text(self.world.token(account))
            report = json.loads(run("doctor", file, "--token-file", token, "--output", "json",
                                    env={**os.environ, **self.world.environment}).stdout)
            self.assertTrue(report["subject"].endswith(f"for system:serviceaccount:team-a:{account}"), report["subject"])
            self.assertEqual(report["works"], account == "reader")

    def test_a_token_may_come_through_a_pipe(self):
        file = self.world.directory / "class.yaml"
        file.write_text(test_mount.secret_provider_class("one", "plain"))
        result = run("doctor", file, "--token-file", "/dev/stdin", input=self.world.token(),
                     env={**os.environ, **self.world.environment})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_token_may_come_from_standard_input(self):
        file = self.world.directory / "class.yaml"
        manifest = test_mount.secret_provider_class("one", "plain")
        file.write_text(manifest)
        environment = {**os.environ, **self.world.environment}
        result = run("doctor", file, "--token-file", "-", input=self.world.token() + "\n", env=environment)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for words in [["-", "--token-file", "-"], [file, "--token-file", "-", "--credentials-file", "-"]]:
            result = run("doctor", *words, input=manifest, env=environment)
            self.assertEqual(result.returncode, 2)
            self.assertIn("only one of the files can be standard input", result.stderr)

    def test_an_identity_binding_gets_its_own_token(self):
        manifest = test_mount.secret_provider_class("one", "plain").replace(
            "clientID:", "useAzureTokenProxy: \"true\"\n    clientID:")
        port = self.world.endpoints["httpsPort"]
        steps = self.steps(manifest, "--token-proxy-url", f"https://127.0.0.1:{port}/token-proxy", "--sni-name",
                           "localhost", "--token-proxy-ca-file", self.world.directory / "azure/ca.pem")
        self.assertEqual(steps["token-audience"]["status"], "passed")
        self.assertIn("No identity binding lets", str(steps["exchange"]["evidence"]))


if __name__ == "__main__":
    unittest.main()
