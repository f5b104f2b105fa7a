"""Files of variables, read by their target programs: a shell, python-dotenv, and Docker's rule."""

import io
import json
import pathlib
import subprocess
import tempfile
import unittest

import dotenv

import test_provider
import world as w
from test_provider import obj

VALUES = {
    "PLAIN": "plain", "EMPTY": "", "SPACES": "  a b  ", "QUOTE": "it's", "DOUBLE": 'say "x"', "BACKSLASH": "a\\b\\\\",
    "MIXED": "it's \"x\\y\" \\", "DOLLAR": "$HOME $(id) `id`", "HASH": "a #b", "EQUALS": "a=b=c", "UNICODE": "é€😀",
    "BANG": "!!", "COMMENT": "# none", "ESCAPES": "\\n\\t\\'", "JSON": '{"a": [1, "b"]}', "TILDE": "~", "GLOB": "* ? [a]",
}
# Values that some dialects cannot express.
LINES = {"LINES": "a\nb\n", "CARRIAGE": "a\r\nb\r", "TAB": "\ta\t", "BELL": "\a\x1b"}
BRACE = {"BRACE": "${HOME} it's"}
ALL = VALUES | LINES | BRACE


class EnvFileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        seed = pathlib.Path(directory.name) / "azure.yaml"
        secret = "    secrets:\n      - { name: variables, value: %s }\n" % json.dumps(json.dumps(ALL))
        seed.write_text(w.SEED.read_text().replace("    secrets:\n", secret, 1))
        cls.world = w.World(seed)
        cls.addClassCleanup(cls.world.stop)
        cls.pb, cls.rpc = w.generated_stubs(cls.world.directory)
        cls.world.start_provider()
        cls.jwt = cls.world.token()

    setUp = test_provider.ProviderTest.setUp
    request = test_provider.ProviderTest.request

    def mount(self, dialect, *keys):
        answer = self.stub.Mount(self.request(obj(
            "secret", "variables", "objectAlias: .env",
            "envFile: {dialect: %s, keys: [%s]}" % (dialect, ", ".join(keys)))), timeout=w.DEADLINE)
        return answer.files[0].contents

    def test_shell(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.mount("shell", *ALL))
            file.flush()
            names = " ".join(f'"${name}"' for name in ALL)
            output = subprocess.run(["sh", "-c", f". {file.name}; printf '%s\\0' {names}"], capture_output=True, check=True)
        values = output.stdout.decode().split("\0")[:-1]
        self.assertEqual(dict(zip(ALL, values)), ALL)

    def test_dotenv(self):
        wanted = VALUES | LINES
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.mount("dotenv", *wanted))
            file.flush()
            self.assertEqual(dotenv.dotenv_values(file.name), wanted)

    def test_one_file_for_shell_and_dotenv(self):
        """Files without a value that has a quote or backslash together with a dollar or backquote."""
        text = self.mount("shell", *VALUES).decode()
        self.assertEqual(dotenv.dotenv_values(stream=io.StringIO(text)), VALUES)

    def test_docker(self):
        wanted = VALUES | BRACE | {"TAB": LINES["TAB"], "BELL": LINES["BELL"]}
        found = {}
        # opts/envfile.go of docker/cli removes only white space before the line.
        for line in self.mount("docker", *wanted).decode().split("\n"):
            line = line.lstrip()
            if line and not line.startswith("#"):
                name, _, value = line.partition("=")
                found[name] = value
        self.assertEqual(found, wanted)


if __name__ == "__main__":
    unittest.main()
