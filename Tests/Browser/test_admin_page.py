"""The emulator's page in a real browser."""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Python"))

import world as w
from chromium import Chromium

SEED = w.ROOT / "Tests/Browser/shop.yaml"

# The requests of an application, for the request log.
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
        """The button with that accessible name."""
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

    def set(self, name, value):
        """Sets a secret until the end of the test."""
        self.command("set", "kv-shop", name, value)
        self.addCleanup(self.command, "delete", "kv-shop", name, "--purge")

    def complaints(self):
        """The requests and scripts that the browser blocked or could not run, also because of the content security policy."""
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

    def test_access_policies(self):
        self.addCleanup(self.command, "policy", "clear", "kv-shop")
        self.click("Use access policies in kv-shop")
        self.until("document.querySelector('[aria-label=\"Set an access policy in kv-shop\"]')", "the form")
        self.fill("policy-identity@kv-shop", "shop-web")
        self.fill("policy-secrets@kv-shop", "get, lst")
        self.submit("Set an access policy in kv-shop")
        self.says("did you mean list")
        self.fill("policy-secrets@kv-shop", "get, list")
        self.submit("Set an access policy in kv-shop")
        self.until("document.querySelector('table[aria-label=\"Access policies of kv-shop\"]')", "the policy")
        self.assertIn("shop-web  get,list", self.command("policy", "list"))
        self.click("Use roles in kv-shop")
        self.until("document.querySelector('[aria-label=\"Grant a role on kv-shop\"]')", "the roles")

    def test_firewall(self):
        self.addCleanup(self.command, "firewall", "clear", "kv-shop")
        self.fill("allow@kv-shop", "192.0.2.0/24, 198.51.100.7")
        self.fill("client-address@kv-shop", "198.51.100.7")
        self.submit("Set the firewall of kv-shop")
        self.says("accepts 192.0.2.0/24, 198.51.100.7")
        self.assertIn("192.0.2.0/24, 198.51.100.7  198.51.100.7", self.command("firewall", "list"))
        self.click("Remove the firewall of kv-shop")
        self.says("accepts all addresses")

    def test_faults(self):
        self.show("faults")
        self.addCleanup(self.command, "fault", "clear")
        self.fill("fault-kind", "status")
        self.fill("fault-status", "429")
        self.fill("fault-target", "vault:kv-shop")
        self.fill("fault-count", "3")
        self.says("akv-emulator fault add status target=vault:kv-shop status=429 count=3")
        self.submit("Set a fault")
        self.until("document.querySelector('#main td')?.innerText.includes('429')", "the fault")
        self.fill("fault-kind", "latency")
        self.fill("fault-delay", "soon")
        self.submit("Set a fault")
        self.says("delay of the fault latency is soon, not a duration such as 20ms")
        self.click("Clear all faults")
        self.says("no faults are set")

    def test_every_fault_has_a_form_that_works(self):
        self.show("faults")
        self.addCleanup(self.command, "fault", "clear")
        kinds = self.browser.evaluate("[...document.getElementsByName('fault-kind')[0].options].map((o) => o.value)")
        self.assertGreater(len(kinds), 25)
        for kind in kinds:
            with self.subTest(kind):
                self.fill("fault-kind", kind)
                self.until("document.querySelector('form .hint').innerText.length > 10", "the summary")
                if kind == "status":
                    self.fill("fault-status", "503")
                self.submit("Set a fault")
                self.until(f"document.querySelector('#main td')?.innerText.startsWith('{kind} target=')", kind)
                self.click("Clear all faults")
                self.says("no faults are set")
        self.assertEqual(self.complaints(), [])

    def test_clock(self):
        self.show("clock")
        self.addCleanup(self.browser.evaluate, "fetch('/clock', { method: 'DELETE' }).then(() => 0)")
        self.says("shows this machine's time")
        self.click("+1 d on the clock")
        self.says("+1 d from this machine's time")
        self.fill("clock-by", "90m")
        self.submit("Move the clock")
        self.says("+1 d 1 h from this machine's time")
        self.browser.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
        self.addCleanup(self.browser.call, "Emulation.setTimezoneOverride", timezoneId="")
        self.fill("clock-to", "2040-05-06T07:08:09")
        self.submit("Set the clock")
        self.says("2040-05-06 07:08")
        self.assertRegex(self.browser.evaluate("document.querySelector('#clock-time time').title"),
                         r"^2040-05-05 22:08:\d\d UTC$")
        self.click("Reset the clock")
        self.says("shows this machine's time")
        self.assertEqual(self.complaints(), [])

    def test_times_are_local_with_utc_in_the_title(self):
        self.browser.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
        self.addCleanup(self.browser.call, "Emulation.setTimezoneOverride", timezoneId="")
        self.show("vaults")
        self.click("shop-old-key")
        self.until("document.querySelector('tr.detail time')", "a time")
        hours = self.browser.evaluate("""(() => { const node = document.querySelector("tr.detail time");
            return [node.innerText.slice(11, 13), node.title.slice(11, 13)].map(Number); })()""")
        self.assertEqual((hours[1] + 9) % 24, hours[0])

    def test_a_redraw_keeps_selection_focus_and_scroll(self):
        self.browser.size(1000, 500)
        self.addCleanup(self.browser.size, 1280, 900)
        self.show("vaults")
        self.fill("name@kv-shop", "half-typed")
        self.browser.evaluate("""(() => {
            const heading = document.querySelector("#main h2");
            getSelection().selectAllChildren(heading);
            scrollTo(0, 300);
            window.before = [heading, scrollY];
        })()""")
        self.set("came-meanwhile", "value")
        self.says("came-meanwhile")
        self.assertEqual(self.browser.evaluate("getSelection().toString()"), "kv-shop")
        self.assertTrue(self.browser.evaluate("before[0] === document.querySelector('#main h2') && before[1] > 0"))
        self.assertEqual(self.browser.evaluate("document.getElementsByName('name@kv-shop')[0].value"), "half-typed")
        self.browser.evaluate("""(() => { const field = document.getElementsByName("name@kv-shop")[0];
            field.focus(); field.setSelectionRange(2, 4); window.field = field; })()""")
        self.set("came-later", "value")
        self.says("came-later")
        self.assertEqual(self.browser.evaluate(
            "[document.activeElement === field, field.selectionStart, field.selectionEnd]"), [True, 2, 4])

    def test_filters(self):
        for part, name, wanted, absent in [("vaults", "vault-filter", "stage=production", "shop-api-key"),
                                           ("requests", "filter", "no-such-request", None)]:
            with self.subTest(part):
                self.show(part)
                self.fill(name, wanted)
                if absent:
                    self.until(f"!document.querySelector('#main').innerText.includes({absent!r})", "the filter")
                    self.fill(name, "no-such-object")
                    self.says("No object matches \u201cno-such-object\u201d.")
                else:
                    self.command("list")
                    self.request("looked-for-by-the-filter")
                    self.says("No request matches \u201cno-such-request\u201d.")
                self.click("Clear the filter")
                self.until("document.querySelector('#main tbody tr')", "everything again")

    def test_long_values_scroll_in_their_box(self):
        self.set("long", "line\n" * 1000)
        self.click("Reveal long")
        self.until("document.querySelector('.box pre')", "the value")
        height, whole = self.browser.evaluate(
            "(() => { const pre = document.querySelector('.box pre'); return [pre.clientHeight, pre.scrollHeight]; })()")
        self.assertLess(height, 400)
        self.assertGreater(whole, 5000)

    def test_connect(self):
        self.show("connect")
        directory = self.world.directory / "azure"
        self.says(f'eval "$(akv-emulator print-env --wait --directory {directory} --identity shop-web)"')
        self.says(f"akv-emulator run --seed {SEED} --identity shop-web -- COMMAND")
        line = self.browser.evaluate("document.querySelector('[aria-label=\"Set the variables\"]').innerText")
        done = subprocess.run(["sh", "-c", f"{line}; echo $AZURE_CLIENT_ID"], check=True, capture_output=True, text=True,
                              env={**os.environ, "PATH": f"{w.PROGRAMS}:{os.environ['PATH']}"})
        self.assertEqual(done.stdout, "5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20\n", done.stderr)
        self.fill("connect-language", "Java")
        self.says(f"-Dhttps.proxyPort={self.world.endpoints['proxyPort']}")
        self.fill("connect-identity", "(none)")
        self.until("!document.querySelector('[aria-label=\"Set the variables\"]').innerText.includes('--identity')",
                   "no identity")
        self.assertEqual(self.complaints(), [])

    def request(self, name):
        handler = urllib.request.ProxyHandler({"https": self.world.environment["HTTPS_PROXY"]})
        context = ssl.create_default_context(cafile=self.world.environment["SSL_CERT_FILE"])
        opener = urllib.request.build_opener(handler, urllib.request.HTTPSHandler(context=context))
        with self.assertRaises(urllib.error.HTTPError):
            opener.open(f"https://kv-shop.vault.azure.net/secrets/{name}?api-version=7.4")

    def test_requests_come_by_themselves(self):
        self.show("requests")
        self.request("looked-for")
        self.says("/secrets/looked-for")
        self.assertEqual(self.complaints(), [])

    def test_everything_has_a_name(self):
        for part in ["connect", "vaults", "identities", "requests", "faults", "clock"]:
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
        self.addCleanup(self.command, "fault", "clear")
        script = f"""eval "$({w.PROGRAMS}/akv-emulator print-env --identity shop-web --directory {self.world.directory}/azure)"
            exec {sys.executable} - """
        subprocess.run(["sh", "-c", script], input=CLIENT, check=True, text=True)
        self.browser.size(1280, 800)
        for part, dark in [("vaults", False), ("requests", True), ("faults", False)]:
            self.browser.dark(dark)
            self.show(part)
            self.browser.screenshot(place / f"emulator-{part}.png")
        self.browser.dark(False)


class EmptyPageTest(unittest.TestCase):
    def test_a_seed_without_anything(self):
        with tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp") as directory:
            seed = pathlib.Path(directory) / "seed.yaml"
            seed.write_text("{}")
            world = w.World(seed=seed)
            self.addCleanup(world.stop)
        browser = Chromium()
        self.addCleanup(browser.close)
        for part, text in [("vaults", "The seed has no vaults."), ("identities", "The seed has no identities"),
                           ("requests", "No requests yet."), ("faults", "The emulator behaves like Azure."),
                           ("connect", "No identity has a federated credential")]:
            with self.subTest(part):
                browser.open("about:blank")
                browser.open(f"http://127.0.0.1:{world.endpoints['adminPort']}/#{part}")
                w.until(lambda: browser.evaluate(f"document.body?.innerText.includes({text!r})"), text)


if __name__ == "__main__":
    unittest.main()
