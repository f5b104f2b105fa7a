"""The common behaviour of all programs: suggestions, one exit code for mistakes, colours, completions, help."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import world as w

PROGRAMS = ["akv-csi", "akv-emulator", "akv-bench"]
EXAMPLE = w.ROOT / "deploy/examples/payments/payments.yaml"


def run(program, *words, **environment):
    return subprocess.run([str(word) for word in [w.PROGRAMS / program, *words]], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=w.DEADLINE, env={**os.environ, **environment})


def commands(program):
    """Every command that the help shows, as its words, with the parser's description."""
    def walk(command, path):
        yield path, command
        for below in command.get("subcommands", []):
            if below["commandName"] != "help" and below["shouldDisplay"]:
                yield from walk(below, path + [below["commandName"]])
    return list(walk(json.loads(run(program, "--experimental-dump-help").stdout)["command"], []))


def misspelt(name):
    """A misspelt word: the last two letters are swapped, or a letter is added."""
    return name[:-2] + name[-1] + name[-2] if name[-1] != name[-2] else name + "x"


class MistakesTest(unittest.TestCase):
    def mistake(self, program, *words):
        done = run(program, *words)
        self.assertEqual((done.returncode, done.stdout), (2, ""), (program, words, done.stderr))
        return done.stderr

    def test_a_misspelt_command_is_suggested(self):
        self.assertIn("unknown command 'chekc': did you mean 'check'?", self.mistake("akv-csi", "chekc", "file"))
        for program in PROGRAMS:
            every = [path for path, _ in commands(program) if path]
            self.assertGreaterEqual(len(every), 2)
            for path in every:
                for words in [path[:-1] + [misspelt(path[-1])], ["help"] + path[:-1] + [misspelt(path[-1])]]:
                    with self.subTest(program, words=words):
                        said = self.mistake(program, *words)
                        name = re.search(r"did you mean '([a-z-]+)'\?$", said, re.M)
                        self.assertTrue(name, said)
                        self.assertEqual(name[1], path[-1])
                        self.assertIn(f"Run '{' '.join([program, *path[:-1]])} --help'", said)

    def test_an_unknown_command_lists_the_others(self):
        for program in PROGRAMS:
            said = self.mistake(program, "\x1b[31mfrobnicate")
            self.assertNotIn("\x1b", said)
            for path, _ in commands(program):
                if len(path) == 1:
                    self.assertIn(path[0], said)

    def test_a_misspelt_option_is_suggested(self):
        self.assertIn("Did you mean '--output'?", self.mistake("akv-csi", "check", "--outptu", "json", EXAMPLE))
        self.assertIn("Did you mean '--version'?", self.mistake("akv-csi", "--vresion"))
        self.assertIn("Did you mean '--directory'?", self.mistake("akv-emulator", "list", "--directroy", "x"))
        self.assertIn("Did you mean '--quick'?", self.mistake("akv-bench", "run", "--qiuck"))
        said = self.mistake("akv-csi", "serve", "-refesh-interval=3s")
        self.assertIn("flag provided but not defined: -refesh-interval; did you mean -refresh-interval?", said)

    def test_every_mistake_has_one_exit_code(self):
        for program, words in [
            ("akv-csi", ["check"]), ("akv-csi", ["doctor", "/absent.yaml"]), ("akv-csi", ["check", "--output", "xml", EXAMPLE]),
            ("akv-csi", ["mount"]), ("akv-csi", ["explain", "no-such-code"]), ("akv-csi", ["serve", "--odd"]),
            ("akv-csi", ["migrate", "--write", "-"]), ("akv-emulator", ["set", "one"]), ("akv-emulator", ["--port", "-1"]),
            ("akv-emulator", ["--odd"]), ("akv-emulator", []), ("akv-emulator", ["role", "grant"]),
            ("akv-csi", ["doctor", EXAMPLE, "--token-file", "/absent"]), ("akv-csi", ["setup", EXAMPLE, "--issuer", "x"]),
            ("akv-bench", ["--scenario", "nope"]), ("akv-bench", ["--compare", "/absent"]), ("akv-bench", ["--programs", "/absent"]),
            ("akv-bench", ["run", "--soak", "0"]), ("akv-bench", ["model", "--pods", "x"]), ("akv-bench", ["--odd"]),
        ]:
            with self.subTest(program, words=words):
                self.mistake(program, *words)

    def test_failures_without_a_mistake_have_exit_code_1(self):
        with tempfile.TemporaryDirectory(prefix="akv-manners-", dir="/tmp") as directory:
            done = run("akv-emulator", "list", "--directory", directory)
            self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(run("akv-csi", "check", EXAMPLE).returncode, 0)


class HelpTest(unittest.TestCase):
    def test_it_is_for_users(self):
        for program in PROGRAMS:
            for path, command in commands(program):
                text = run(program, *path, "--help").stdout
                with self.subTest(program, path=path):
                    self.assertRegex(text, r"(?i)usage: " + program)
                    self.assertNotRegex(text, r"Sources/|\.swift|docs/|Swift\.|Optional\(|[a-z]+\.self")
                    self.assertEqual(run(program, "help", *path).returncode, 0)
                    self.assertRegex(command.get("abstract", ""), r"^[A-Z].*\.$")
                    for argument in command.get("arguments", []):
                        self.assertTrue(argument.get("abstract"), argument)

    def test_every_flag_of_serve_is_declared(self):
        usage = run("akv-csi", "serve", "--help").stdout
        flags = set(re.findall(r"^  -([a-z0-9-]+)", usage, re.M))
        self.assertGreater(len(flags), 30)
        serve = dict((tuple(path), command) for path, command in commands("akv-csi"))["serve",]
        declared = {name["name"] for argument in serve["arguments"] for name in argument["names"]}
        self.assertLessEqual(flags, declared)
        self.assertIn("(default: 2m)", re.sub(r"\s+", " ", run("akv-csi", "help", "serve").stdout))


class ColoursTest(unittest.TestCase):
    def test_the_environment_decides(self):
        for program, words in [("akv-csi", ["check", EXAMPLE]), ("akv-csi", ["migrate", EXAMPLE])]:
            for environment, coloured in [
                ({}, False), ({"CLICOLOR": "1"}, False), ({"CLICOLOR_FORCE": "1"}, True), ({"CLICOLOR_FORCE": "0"}, False),
                ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True), ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
                ({"CLICOLOR_FORCE": "1", "NO_COLOR": ""}, True),
            ]:
                with self.subTest(program, environment=environment):
                    variables = {"NO_COLOR": "", "CLICOLOR": "", "CLICOLOR_FORCE": "", "TERM": "xterm", **environment}
                    self.assertEqual("\x1b[" in run(program, *words, **variables).stdout, coloured)


class CompletionTest(unittest.TestCase):
    # The words after the program's name. The last one is incomplete.
    BASH = r"""
        set -u
        eval "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
        compopt() { :; }
        "$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    """

    def completed(self, program, *words):
        script = run(program, "--generate-completion-script", "bash").stdout
        done = subprocess.run(["bash", "-c", self.BASH, "bash", script, program, *words], capture_output=True, text=True,
                              check=True, env={**os.environ, "PATH": f"{w.PROGRAMS}:{os.environ['PATH']}"})
        return {word.strip() for word in done.stdout.split("\n")} - {""}

    def test_bash_completes(self):
        self.assertLessEqual({"serve", "mount", "check", "doctor", "migrate", "explain"}, self.completed("akv-csi", ""))
        self.assertEqual(self.completed("akv-csi", "serve", "--refresh-interval-m"),
                         {"--refresh-interval-min", "--refresh-interval-max"})
        self.assertEqual(self.completed("akv-csi", "serve", "--audit-log", ""), {"off", "changes", "all"})
        self.assertIn("AzureChinaCloud", self.completed("akv-csi", "serve", "--cloud-name", ""))
        self.assertEqual(self.completed("akv-csi", "check", "--output", "s"), {"sarif"})
        self.assertIn("--seed", self.completed("akv-emulator", "serve", "--"))

    def test_every_shell_has_all_commands_and_flags(self):
        flags = re.findall(r"^  -([a-z0-9-]+)", run("akv-csi", "serve", "--help").stdout, re.M)
        for shell in ["bash", "zsh", "fish"]:
            script = run("akv-csi", "--generate-completion-script", shell).stdout
            for word in [*flags, *(path[-1] for path, _ in commands("akv-csi") if path)]:
                self.assertIn(word, script)


if __name__ == "__main__":
    unittest.main()
