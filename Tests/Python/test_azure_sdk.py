"""The official Azure SDK, unmodified, against the emulator under Azure's own host names."""

import logging
import os
import unittest
from unittest import mock

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import WorkloadIdentityCredential
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.secrets import SecretClient

import world as w


# Refusals are expected, so the SDK must not log them.
logging.getLogger("azure").setLevel(logging.CRITICAL)


class AzureSDKTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World()
        cls.addClassCleanup(cls.world.stop)
        variables = mock.patch.dict(os.environ, cls.world.environment)
        variables.start()
        cls.addClassCleanup(variables.stop)

    def credential(self, service_account="reader", namespace="team-a", client_id=w.READER, **options):
        path = self.world.directory / f"token-{self.id()}"
        path.write_text(self.world.token(service_account, namespace, **options))
        return WorkloadIdentityCredential(tenant_id=w.TENANT, client_id=client_id, token_file_path=str(path))

    def secrets(self, **options):
        client = SecretClient(vault_url=w.VAULT_URL, credential=self.credential(**options))
        self.addCleanup(client.close)
        return client

    def test_secret(self):
        secret = self.secrets().get_secret("plain")
        self.assertEqual(secret.value, "plain value")
        self.assertEqual(secret.properties.content_type, "text/plain")
        self.assertEqual(len(secret.properties.version), 32)

    def test_secret_version(self):
        self.assertEqual(self.secrets().get_secret("history", "00000000000000000000000000000001").value, "one")

    def test_versions_come_in_pages(self):
        pages = self.secrets().list_properties_of_secret_versions("history", max_page_size=2).by_page()
        versions = [[item.version[-1] for item in page] for page in pages]
        self.assertEqual(sorted(sum(versions, [])), ["1", "2", "3"])
        self.assertEqual([len(page) for page in versions], [2, 1])

    def test_list(self):
        names = [item.name for item in self.secrets().list_properties_of_secrets()]
        self.assertIn("plain", names)
        self.assertIn("site", names)

    def test_set_secret(self):
        client = self.secrets()
        made = client.set_secret("made-by-sdk", "fresh", content_type="text/plain")
        self.assertEqual(client.get_secret("made-by-sdk", made.properties.version).value, "fresh")

    def test_keys(self):
        client = KeyClient(vault_url=w.VAULT_URL, credential=self.credential())
        self.addCleanup(client.close)
        self.assertEqual(client.get_key("rsa").key.kty, "RSA")
        self.assertEqual(client.get_key("p384").key.crv, "P-384")

    def test_certificate(self):
        client = CertificateClient(vault_url=w.VAULT_URL, credential=self.credential())
        self.addCleanup(client.close)
        certificate = client.get_certificate("site")
        self.assertEqual(client.get_certificate_version("site", certificate.properties.version).cer, certificate.cer)
        self.assertTrue(bytes(certificate.cer).startswith(b"\x30\x82"))

    def test_missing_secret(self):
        with self.assertRaises(ResourceNotFoundError):
            self.secrets().get_secret("absent")

    def test_disabled_secret(self):
        with self.assertRaises(HttpResponseError) as caught:
            self.secrets().get_secret("disabled")
        self.assertEqual(caught.exception.status_code, 403)

    def test_role_is_needed(self):
        client = self.secrets(service_account="stranger", namespace="team-b", client_id=w.STRANGER)
        self.assertEqual(client.get_secret("shared").value, "for both teams")
        with self.assertRaises(HttpResponseError) as caught:
            client.get_secret("plain")
        self.assertEqual(caught.exception.status_code, 403)
        self.assertIn("ForbiddenByRbac", str(caught.exception))

    def test_entra_refusals(self):
        for number, options in [("700213", {"service_account": "intruder"}), ("700212", {"audience": "api://Other"}),
                                ("700024", {"lifetime": -60})]:
            with self.subTest(number), self.assertRaises(ClientAuthenticationError) as caught:
                self.secrets(**options).get_secret("plain")
            self.assertIn(f"AADSTS{number}", str(caught.exception))

    def test_forged_signature(self):
        path = self.world.directory / "forged"
        header, payload, signature = self.world.token().split(".")
        path.write_text(".".join([header, payload, signature[:-8] + "AAAAAAAA"]))
        credential = WorkloadIdentityCredential(tenant_id=w.TENANT, client_id=w.READER, token_file_path=str(path))
        with self.assertRaises(ClientAuthenticationError) as caught:
            SecretClient(vault_url=w.VAULT_URL, credential=credential).get_secret("plain")
        self.assertIn("AADSTS700027", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
