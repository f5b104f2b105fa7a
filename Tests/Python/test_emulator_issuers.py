"""Other issuers than the emulator's own, with their keys in a file or at a URL."""

import base64
import http.server
import json
import pathlib
import ssl
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

import world as w

CLIENT = "11111111-aaaa-4aaa-8aaa-0000000000ff"
SUBJECT = "system:serviceaccount:team-a:reader"


def number(value):
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


class IssuerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = cls.key.public_key().public_numbers()
        jwks = json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1",
                                     "n": number(public.n), "e": number(public.e)}]})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                moved = {"/moved": "/k", "/elsewhere": f"http://127.0.0.1:{server.server_port}/moved", "/loop": "/loop"}
                self.send_response(301 if self.path in moved else 200)
                if self.path in moved:
                    self.send_header("Location", moved[self.path])
                if self.path == "/half":
                    self.send_header("Content-Length", str(len(jwks) + 1))
                self.end_headers()
                self.wfile.write(jwks.encode())
                if self.path == "/large":
                    self.wfile.write(b" " * (1 << 20))

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        root = pathlib.Path(directory.name)
        (root / "keys.json").write_text(jwks)
        issuers = {"https://file.example/": "keys.json", "https://url.example/": f"http://127.0.0.1:{server.server_port}/k",
                   "https://gone.example/": "absent.json"}
        for name in ["moved", "elsewhere", "loop", "half", "large"]:
            issuers[f"https://{name}.example/"] = f"http://127.0.0.1:{server.server_port}/{name}"
        issuers["https://closed.example/"] = f"http://127.0.0.1:{cls.enterClassContext(w.reserved())}/k"
        seed = {
            "issuers": [{"url": url, "jwks": place} for url, place in issuers.items()],
            "identities": [{"name": "x", "clientID": CLIENT, "tenantID": w.TENANT, "federatedCredentials": [
                {"issuer": url, "subject": SUBJECT} for url in issuers]}],
        }
        # JSON is also YAML.
        (root / "seed.yaml").write_text(json.dumps(seed))
        cls.world = w.World(root / "seed.yaml")
        cls.addClassCleanup(cls.world.stop)

    def exchange(self, issuer, key=None, algorithm="RS256"):
        claims = {"iss": issuer, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": int(time.time()) + 600}
        body = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": CLIENT, "scope": "https://vault.azure.net/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": "k1"})})
        context = ssl.create_default_context(cafile=self.world.environment["SSL_CERT_FILE"])
        url = f"https://localhost:{self.world.endpoints['httpsPort']}/{w.TENANT}/oauth2/v2.0/token"
        try:
            with urllib.request.urlopen(url, body.encode(), timeout=w.DEADLINE, context=context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def test_keys_in_a_file_or_behind_a_url(self):
        for issuer in ["https://file.example/", "https://url.example/", "https://moved.example/",
                       "https://elsewhere.example/"]:
            with self.subTest(issuer):
                self.assertIn("access_token", self.exchange(issuer))

    def test_a_key_that_the_issuer_has_not_published(self):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        for issuer in ["https://file.example/", "https://url.example/"]:
            with self.subTest(issuer):
                self.assertEqual(self.exchange(issuer, other)["error_codes"], [700027])

    def test_another_algorithm_than_rs256(self):
        self.assertEqual(self.exchange("https://file.example/", algorithm="RS512")["error_codes"], [700027])

    def test_unreachable_keys_are_an_error(self):
        for name in ["gone", "loop", "half", "large", "closed"]:
            with self.subTest(name):
                self.assertEqual(self.exchange(f"https://{name}.example/")["error_codes"], [90061])


if __name__ == "__main__":
    unittest.main()
