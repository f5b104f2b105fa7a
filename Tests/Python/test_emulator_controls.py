"""The emulator's commands, its state after a restart, and its log."""

import http.client
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import WorkloadIdentityCredential
from azure.keyvault.secrets import SecretClient

import emulated
import world as w


class ControlsTest(emulated.EmulatedTest):
    def test_objects(self):
        client = self.secrets()
        self.command("set", "kv-tests", "by-command", "one")
        self.assertEqual(client.get_secret("by-command").value, "one")
        self.command("rotate", "kv-tests", "by-command", "--value", "two")
        self.assertEqual(client.get_secret("by-command").value, "two")
        self.command("rotate", "kv-tests", "secrets/by-command")
        self.assertNotIn(client.get_secret("by-command").value, ["one", "two"])
        self.command("disable", "kv-tests", "by-command")
        self.refused(HttpResponseError, "SecretDisabled", client.get_secret, "by-command")
        self.command("enable", "kv-tests", "by-command")
        self.command("delete", "kv-tests", "by-command")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_secret, "by-command")
        self.command("recover", "kv-tests", "by-command")
        self.assertEqual(len(list(client.list_properties_of_secret_versions("by-command"))), 3)
        self.command("delete", "kv-tests", "by-command", "--purge")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_deleted_secret, "by-command")

    def test_keys_rotate(self):
        before = self.keys().get_key("curve")
        self.command("rotate", "kv-tests", "keys/curve")
        after = self.keys().get_key("curve")
        self.assertEqual((after.key.crv, after.properties.tags), ("P-256K", {"stage": "test"}))
        self.assertNotEqual(after.id, before.id)

    def test_list(self):
        self.command("set", "kv-tests", "listed", "never printed")
        text = self.command("list", "kv-tests").stdout
        row = next(line for line in text.splitlines() if "secrets/greeting" in line)
        self.assertIn("stage=test", row)
        self.assertIn("enabled", row)
        data = self.command("list", "--output", "json").stdout
        self.assertEqual(json.loads(data)[0]["name"], "kv-tests")
        self.assertNotIn("never printed", text + data)
        self.assertIn("the vault kv-test does not exist", self.command("list", "kv-test", check=False).stderr)

    def test_roles(self):
        self.command("set", "kv-tests", "guarded", "value")
        client = self.secrets("user")
        grant = ["kv-tests", "user", "Key Vault Secrets Officer", "--object", "guarded"]
        self.refused(HttpResponseError, "ForbiddenByRbac", client.set_secret, "guarded", "mine")
        self.command("role", "grant", *grant)
        self.assertIn("secrets/guarded", self.command("role", "list").stdout)
        client.set_secret("guarded", "mine")
        self.refused(HttpResponseError, "ForbiddenByRbac", client.set_secret, "greeting", "mine")
        self.command("role", "revoke", *grant)
        self.refused(HttpResponseError, "ForbiddenByRbac", client.set_secret, "guarded", "mine")

    def test_federation(self):
        def read():
            path = self.world.directory / "token-newcomer"
            path.write_text(self.world.token("newcomer", namespace="team-new"))
            credential = WorkloadIdentityCredential(
                tenant_id=w.TENANT, client_id=emulated.USER, token_file_path=str(path))
            with SecretClient(vault_url=w.VAULT_URL, credential=credential) as client:
                return client.get_secret("greeting").value

        self.refused(ClientAuthenticationError, "AADSTS700213", read)
        self.command("federation", "add", "user", "newcomer", "--namespace", "team-new", "--name", "new")
        self.assertEqual(read(), "hello from the seed")
        self.assertIn("system:serviceaccount:team-new:newcomer", self.command("federation", "list").stdout)
        again = self.command("federation", "add", "user", "newcomer", "--namespace", "team-new", check=False)
        self.assertIn("already", again.stderr)
        self.command("federation", "remove", "user", "new")
        self.refused(ClientAuthenticationError, "AADSTS700213", read)

    def test_mistakes_get_a_suggestion(self):
        for words, expected in [
                (("set", "kv-test", "x", "y"), "did you mean kv-tests"),
                (("role", "grant", "kv-tests", "usr", "Key Vault Reader"), "did you mean user"),
                (("role", "grant", "kv-tests", "user", "Key Vault Secret User"), "did you mean Key Vault Secrets User"),
                (("rotate", "kv-tests", "absent"), "absent was not found"),
                (("rotate", "kv-tests", "things/absent"), "invalid for '<object>'")]:
            with self.subTest(words):
                done = self.command(*words, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(expected, done.stderr)

    def test_log(self):
        client = self.secrets("user")
        client.get_secret("greeting")
        self.refused(HttpResponseError, "Forbidden", client.set_secret, "logged", "a-value-to-look-for")
        entries = [json.loads(line) for line in self.command("log", "--output", "json").stdout.splitlines()]
        put = [entry for entry in entries if entry["path"].strip("/") == "secrets/logged"][-1]
        self.assertEqual((put["who"], put["method"], put["host"].removesuffix(":443"), put["status"]),
                         ("user", "PUT", "kv-tests.vault.azure.net", 403))
        token = [entry for entry in entries if entry["path"].endswith("/oauth2/v2.0/token")][-1]
        self.assertEqual((token["host"].removesuffix(":443"), token["status"]), ("login.microsoftonline.com", 200))
        text = self.command("log").stdout
        self.assertEqual(text.split()[:7], ["TIME", "WHO", "METHOD", "HOST", "PATH", "STATUS", "MS"])
        for secret in ["a-value-to-look-for", "eyJ", "hello from the seed", "client_assertion"]:
            self.assertNotIn(secret, text + json.dumps(entries))

    def test_log_follows(self):
        command = [w.PROGRAMS / "akv-emulator", "log", "--follow", "--output", "json", "--directory",
                   self.world.directory / "azure"]
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
            self.addCleanup(process.kill)
            with self.assertRaises(ResourceNotFoundError):
                self.secrets().get_secret("asked-for-later")
            for line in process.stdout:
                if "asked-for-later" in line:
                    break
            process.terminate()

    def test_print_env(self):
        script = f"""eval "$({w.PROGRAMS}/akv-emulator print-env --identity user --directory {self.world.directory}/azure)"
            env -0"""
        output = subprocess.run(["sh", "-c", script], check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
        variables = dict(item.split("=", 1) for item in output.stdout.decode().split("\0") if item)
        self.assertEqual(variables["AZURE_CLIENT_ID"], emulated.USER)
        token = variables["AZURE_FEDERATED_TOKEN_FILE"]
        self.assertEqual(stat.S_IMODE(os.stat(token).st_mode), 0o600)
        code = ("from azure.identity import DefaultAzureCredential as C; from azure.keyvault.secrets import SecretClient"
                f" as S; print(S('{w.VAULT_URL}', C()).get_secret('greeting').value)")
        done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True)
        self.assertEqual(done.stdout.strip(), "hello from the seed", done.stderr)
        flag = subprocess.run([w.PROGRAMS / "akv-emulator", "--print-env", "--directory",
                               self.world.directory / "azure"], check=True, capture_output=True, text=True)
        self.assertIn(f"export HTTPS_PROXY={variables['HTTPS_PROXY']}\n", flag.stdout)

    def ask(self, path="/", method="GET", **headers):
        """The controls' response to a request of a browser, and its headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.world.endpoints["adminPort"], timeout=w.DEADLINE)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        response.read()
        return response

    def clock(self, method, body=None, status=200):
        connection = http.client.HTTPConnection("127.0.0.1", self.world.endpoints["adminPort"], timeout=w.DEADLINE)
        self.addCleanup(connection.close)
        connection.request(method, "/clock", body)
        response = connection.getresponse()
        self.assertEqual(response.status, status)
        return json.load(response)

    def test_clock(self):
        self.addCleanup(self.clock, "DELETE")
        self.assertEqual(self.clock("GET")["offset"], 0)
        self.assertEqual(self.clock("POST", "90")["offset"], 90)
        self.assertEqual(self.clock("POST", "-1m")["offset"], 30)
        for text in ["2040-01-31T12:00:00Z", "2040-01-31T14:00:00+02:00", "2211624000"]:
            reading = self.clock("PUT", text)
            self.assertIn(reading["now"], range(2211624000, 2211624000 + w.DEADLINE))
            self.assertTrue(reading["time"].startswith("2040-01-31T12:0"), reading)
        for method, text in [("POST", "soon"), ("PUT", "soon"), ("PUT", ""), ("PUT", "1e30"), ("POST", "-1e12"),
                             ("POST", "nan")]:
            with self.subTest(text):
                self.assertIn("message", self.clock(method, text, status=400))
        self.assertEqual(self.clock("DELETE")["offset"], 0)

    def test_only_this_machine_can_open_the_page(self):
        port = self.world.endpoints["adminPort"]
        for host in [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"]:
            self.assertEqual(self.ask(Host=host).status, 200)
        for host in [f"attacker.example:{port}", "127.0.0.1.attacker.example", "kv-tests.vault.azure.net"]:
            self.assertEqual(self.ask("/vaults", Host=host).status, 403, host)
            self.assertEqual(self.ask(Host=host).status, 403, host)

    def test_other_pages_cannot_press_its_buttons(self):
        port = self.world.endpoints["adminPort"]
        for headers in [{"Origin": "https://attacker.example"}, {"Origin": "null"},
                        {"Origin": f"http://127.0.0.1:{port + 1}"}, {"Sec_Fetch_Site": "cross-site"},
                        {"Sec_Fetch_Site": "same-site"}]:
            with self.subTest(headers):
                path = "/vaults/kv-tests/secrets/greeting/disable"
                self.assertEqual(self.ask(path, "POST", **headers).status, 403)
                self.assertEqual(self.ask("/vaults/kv-tests/secrets/greeting/value", **headers).status, 403)
        self.assertTrue(self.secrets().get_secret("greeting").properties.enabled)
        own = {"Origin": f"http://127.0.0.1:{port}", "Sec_Fetch_Site": "same-origin"}
        self.assertEqual(self.ask("/vaults/kv-tests/secrets/greeting/enable", "POST", **own).status, 200)
        # A link or a bookmark may point to the page.
        link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
        self.assertEqual(self.ask("/", **link).status, 200)

    def test_foreign_scripts_do_not_run_in_the_page(self):
        for path in ["/", "/page.js", "/vaults", "/no-such-control"]:
            answer = self.ask(path)
            policy = answer.getheader("Content-Security-Policy")
            for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]:
                self.assertIn(rule, policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))
        for file in (w.ROOT / "Sources/AzureEmulator/Admin/Page").iterdir():
            # The addresses that the page shows, and the XML namespace of SVG.
            text = re.sub(r"http://www\.w3\.org/2000/svg|http://127\.0\.0\.1:|https://\$\{vault(\.name)?\}", "",
                          file.read_text())
            self.assertNotRegex(text, "https?://|innerHTML|eval\\(", file.name)


class StateTest(unittest.TestCase):
    """The state that a restart keeps."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="akv-state-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.directory)
        self.state = f"{self.directory}/state.json"
        self.world = w.World(seed=emulated.SEED, flags=["--state", self.state])
        self.addCleanup(self.world.stop)

    def command(self, *words):
        done = subprocess.run([w.PROGRAMS / "akv-emulator", *words, "--directory", self.world.directory / "azure"],
                              check=True, capture_output=True, text=True)
        return done.stdout

    def test_everything_is_unchanged(self):
        self.command("set", "kv-tests", "kept", "across a restart")
        self.command("delete", "kv-tests", "greeting")
        self.command("federation", "add", "user", "late", "--name", "late")
        self.command("role", "revoke", "kv-tests", "user", "Key Vault Secrets User")
        objects, roles, people = self.command("list"), self.command("role", "list"), self.command("federation", "list")
        token, authority = self.world.token("user"), self.world.endpoints["authorityPEM"]
        self.assertEqual(stat.S_IMODE(os.stat(self.state).st_mode), 0o600)
        self.world.restart_emulator()
        self.assertEqual(self.command("list"), objects)
        self.assertEqual(self.command("role", "list"), roles)
        self.assertEqual(self.command("federation", "list"), people)
        self.assertEqual(self.world.endpoints["authorityPEM"], authority)
        path = self.world.directory / "old-token"
        path.write_text(token)
        with w.mock_environment(self.world):
            # Signed before the restart, and still valid.
            credential = WorkloadIdentityCredential(
                tenant_id=w.TENANT, client_id=emulated.USER, token_file_path=str(path))
            self.assertTrue(credential.get_token("https://vault.azure.net/.default").token)

    def test_a_file_that_is_no_state_is_not_overwritten(self):
        self.world.stop_emulator()
        with open(self.state, "w") as file:
            file.write("{}")
        done = subprocess.run([w.PROGRAMS / "akv-emulator", "--seed", emulated.SEED, "--state", self.state,
                               "--directory", f"{self.directory}/other"], capture_output=True, text=True,
                              timeout=w.DEADLINE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot be used", done.stderr)
        with open(self.state) as file:
            self.assertEqual(file.read(), "{}")


if __name__ == "__main__":
    unittest.main()
