"""The emulator's page for people, in a real browser."""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Python"))

import world as w
from chromium import Chromium

SEED = w.ROOT / "Tests/Browser/shop.yaml"

# What an application does, for the request log to have something to show.
CLIENT = """
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.keys import KeyClient
from azure.keyvault.secrets import SecretClient
url = "https://kv-shop.vault.azure.net"
secrets, keys = SecretClient(url, DefaultAzureCredential()), KeyClient(url, DefaultAzureCredential())
for call in [lambda: secrets.get_secret("shop-db-password"), lambda: secrets.get_secret("shop-api-key"),
             lambda: list(secrets.list_properties_of_secrets()), lambda: secrets.get_secret("shop-absent"),
             lambda: secrets.set_secret("shop-api-key", "mine"), lambda: secrets.get_secret("shop-old-key"),
             lambda: keys.get_key("signing"), lambda: secrets.get_secret("shop-tls")]:
    try:
        call()
    except HttpResponseError:
        pass
"""


class AdminPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World(seed=SEED)
        cls.addClassCleanup(cls.world.stop)
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.close)
        cls.address = f"http://127.0.0.1:{cls.world.endpoints['adminPort']}/"

    def setUp(self):
        self.browser.events.clear()
        self.show("vaults")

    def show(self, part):
        self.browser.open("about:blank")
        self.browser.open(f"{self.address}#{part}")
        self.until("document.documentElement?.dataset.ready === 'true'", "the page")

    def until(self, condition, what):
        return w.until(lambda: self.browser.evaluate(condition), what)

    def text(self):
        return self.browser.evaluate("document.body.innerText")

    def click(self, name):
        """The button that a screen reader calls by that name."""
        self.until(f"""(() => {{
            const wanted = {name!r};
            const found = [...document.querySelectorAll("button")].find(
              (button) => (button.getAttribute("aria-label") ?? button.textContent) === wanted);
            found?.click();
            return Boolean(found);
        }})()""", f"the button {name}")

    def fill(self, name, value):
        self.assertTrue(self.browser.evaluate(f"""(() => {{
            const field = document.getElementsByName({name!r})[0];
            field.value = {value!r};
            field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", {{ bubbles: true }}));
            return field.value === {value!r};
        }})()"""), name)

    def submit(self, title):
        self.browser.evaluate(f"document.querySelector('form[aria-label={json.dumps(title)}]').requestSubmit()")

    def says(self, text):
        self.until(f"document.body.innerText.includes({text!r})", text)

    def command(self, *words):
        return subprocess.run([w.PROGRAMS / "akv-emulator", *words, "--directory", self.world.directory / "azure"],
                              check=True, capture_output=True, text=True).stdout

    def complaints(self):
        """What the browser blocked or could not run, the content security policy's refusals among it."""
        return [event["params"] for event in self.browser.events
                if event.get("method") == "Runtime.exceptionThrown"
                or event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"]

    def test_values_are_masked_until_asked_for(self):
        self.says("shop-db-password")
        self.assertNotIn("correct-horse", self.browser.evaluate("document.documentElement.outerHTML"))
        self.click("Reveal shop-db-password")
        self.says("correct-horse")
        self.click("Hide shop-db-password")
        self.until("!document.body.innerText.includes('correct-horse')", "the value to be hidden")
        self.assertEqual(self.complaints(), [])

    def test_rotate_disable_delete_and_recover(self):
        self.click("Rotate shop-api-key")
        self.until("document.querySelectorAll('tr.detail').length === 0", "no versions")
        self.click("shop-api-key")
        self.until("document.querySelectorAll('tr.detail').length >= 2", "two versions")
        self.click("Disable shop-api-key")
        self.click("Enable shop-api-key")
        self.browser.evaluate("window.confirm = () => true")
        self.click("Delete shop-api-key")
        self.says("secrets/shop-api-key")
        self.assertIn("deleted", self.command("list"))
        self.click("Recover shop-api-key")
        self.until("!document.body.innerText.includes('secrets/shop-api-key')", "the recovery")
        self.assertEqual(self.complaints(), [])

    def test_set_a_secret(self):
        name = "<img src=x onerror=alert(1)>"
        self.fill("name@kv-shop", "from-the-page")
        self.fill("value@kv-shop", name)
        self.submit("Set a secret in kv-shop")
        self.click("Reveal from-the-page")
        self.says(name)
        self.assertFalse(self.browser.evaluate("Boolean(document.querySelector('img[src=x]'))"))

    def test_roles(self):
        self.fill("identity@kv-shop", "shop-web")
        self.fill("role@kv-shop", "Key Vault Crypto User")
        self.fill("object@kv-shop", "keys/signing")
        self.submit("Grant a role on kv-shop")
        self.click("Revoke Key Vault Crypto User of shop-web")
        self.until("!document.querySelector('[aria-label=\"Revoke Key Vault Crypto User of shop-web\"]')", "the end of it")

    def test_identities(self):
        self.show("identities")
        self.fill("subject@shop-web", "system:serviceaccount:shop:newcomer")
        self.submit("Add a federated credential to shop-web")
        self.says("system:serviceaccount:shop:newcomer")
        self.click("Remove credential-2")
        self.until("!document.querySelector('[aria-label=\"Remove credential-2\"]')", "the end of it")

    def test_faults(self):
        self.show("faults")
        self.fill("fault-kind", "status")
        self.fill("fault-rest", "status=429 target=vault count=3")
        self.submit("Set a fault")
        self.until("document.querySelector('#main td')?.innerText.includes('429')", "the fault")
        self.fill("fault-kind", "status")
        self.fill("fault-rest", "sttus=429")
        self.submit("Set a fault")
        self.says("did you mean status")
        self.click("Clear all faults")
        self.says("no faults are set")

    def test_requests_come_by_themselves(self):
        self.show("requests")
        handler = urllib.request.ProxyHandler({"https": self.world.environment["HTTPS_PROXY"]})
        context = ssl.create_default_context(cafile=self.world.environment["SSL_CERT_FILE"])
        opener = urllib.request.build_opener(handler, urllib.request.HTTPSHandler(context=context))
        with self.assertRaises(urllib.error.HTTPError):
            opener.open("https://kv-shop.vault.azure.net/secrets/looked-for?api-version=7.4")
        self.says("/secrets/looked-for")
        self.assertEqual(self.complaints(), [])

    def test_everything_has_a_name(self):
        for part in ["vaults", "identities", "requests", "faults"]:
            with self.subTest(part):
                self.show(part)
                tree = self.browser.call("Accessibility.getFullAXTree")["nodes"]
                nameless = [node["role"]["value"] for node in tree if not node.get("ignored")
                            and node["role"]["value"] in ("button", "textbox", "link", "combobox", "searchbox")
                            and not node.get("name", {}).get("value")]
                self.assertEqual(nameless, [])

    def test_the_policy_is_on(self):
        self.browser.evaluate("""(() => { const script = document.createElement("script");
            script.textContent = "window.ran = true"; document.body.append(script); })()""")
        self.assertIsNone(self.browser.evaluate("window.ran"))
        self.assertTrue(self.complaints())

    @unittest.skipUnless("AKV_SCREENSHOTS" in os.environ, "only where to put them is named")
    def test_screenshots(self):
        place = pathlib.Path(os.environ["AKV_SCREENSHOTS"])
        self.command("fault", "add", "status", "status=429", "retryAfter=2s", "target=vault:kv-shop", "count=1",
                     "path=/secrets/shop-db-*")
        script = f"""eval "$({w.PROGRAMS}/akv-emulator print-env --identity shop-web --directory {self.world.directory}/azure)"
            exec {sys.executable} - """
        subprocess.run(["sh", "-c", script], input=CLIENT, check=True, text=True)
        self.browser.size(1280, 800)
        for part, dark in [("vaults", False), ("requests", True)]:
            self.browser.dark(dark)
            self.show(part)
            self.browser.screenshot(place / f"emulator-{part}.png")
        self.command("fault", "clear")
        self.browser.dark(False)


if __name__ == "__main__":
    unittest.main()
