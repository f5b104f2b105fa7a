"""Vaults with access policies and firewalls, with the Azure SDK."""

import hashlib
import pathlib
import tempfile
from unittest import main, mock

from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm

import emulated
import world as w

SEED = emulated.SEED.read_text().replace("    access:\n", """    accessPolicies:
      - { identity: officer, secrets: [all], keys: [ALL], certificates: [all] }
      - { identity: user, secrets: [Get], keys: [encrypt, decrypt, sign, verify, wrapKey, unwrapKey] }
    access:
""")


class PolicyTest(emulated.EmulatedTest):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="akv-py-", dir="/tmp")
        cls.addClassCleanup(directory.cleanup)
        seed = pathlib.Path(directory.name) / "seed.yaml"
        seed.write_text(SEED)
        with mock.patch.object(emulated, "SEED", seed):
            super().setUpClass()

    def denied(self, permission, call, *arguments):
        self.refused(HttpResponseError, "Forbidden AccessDenied The user, group or application "
                     f"'appid={emulated.USER};oid= does not have {permission} permission on key vault "
                     "'kv-tests;location=", call, *arguments)

    def test_secrets(self):
        client = self.secrets("user")
        self.assertEqual(client.get_secret("greeting").value, "hello from the seed")
        self.denied("secrets list", lambda: list(client.list_properties_of_secrets()))
        self.denied("secrets list", lambda: list(client.list_properties_of_secret_versions("greeting")))
        self.denied("secrets set", client.set_secret, "mine", "value")
        self.secrets().set_secret("deleted", "value")
        self.secrets().begin_delete_secret("deleted").wait()
        self.assertEqual(client.get_deleted_secret("deleted").name, "deleted")
        self.denied("secrets purge", client.purge_deleted_secret, "deleted")

    def test_keys_without_permission_to_read_them(self):
        key = self.keys().create_rsa_key("unreadable")
        self.denied("keys get", self.keys("user").get_key, "unreadable")
        client = CryptographyClient(key.id, self.credential("user"))
        self.addCleanup(client.close)
        digest = hashlib.sha256(b"a message").digest()
        for algorithm in [SignatureAlgorithm.rs256, SignatureAlgorithm.ps256]:
            signature = client.sign(algorithm, digest).signature
            self.assertTrue(client.verify(algorithm, digest, signature).is_valid)
            self.assertFalse(client.verify(algorithm, digest[::-1], signature).is_valid)
        encrypted = client.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"text").ciphertext
        self.assertEqual(client.decrypt(EncryptionAlgorithm.rsa_oaep_256, encrypted).plaintext, b"text")
        wrapped = client.wrap_key(KeyWrapAlgorithm.rsa1_5, b"key").encrypted_key
        self.assertEqual(client.unwrap_key(KeyWrapAlgorithm.rsa1_5, wrapped).key, b"key")
        self.denied("keys rotate", self.keys("user").rotate_key, "unreadable")

    def test_certificates(self):
        self.denied("certificates list", lambda: list(self.certificates("user").list_properties_of_certificates()))
        self.denied("certificates get", self.certificates("user").get_certificate_policy, "any")

    def test_commands(self):
        client = self.secrets("user")
        self.assertIn("kv-tests  user      Get      encrypt,decrypt", self.command("policy", "list").stdout)
        self.command("policy", "set", "kv-tests", "user", "--secrets", "get, list")
        self.addCleanup(self.command, "policy", "set", "kv-tests", "user", "--secrets", "get", "--keys",
                        "encrypt,decrypt,sign,verify,wrapKey,unwrapKey")
        self.assertTrue(list(client.list_properties_of_secrets()))
        self.command("policy", "remove", "kv-tests", "user")
        self.denied("secrets get", client.get_secret, "greeting")
        for words, text in [(["policy", "set", "kv-tests", "nobody"], "unknown identity nobody"),
                            (["policy", "set", "kv-tests", "user", "--keys", "sing"], "did you mean sign"),
                            (["policy", "remove", "kv-tests", "user"], "user has no access policy in kv-tests")]:
            self.assertIn(text, self.command(*words, check=False).stderr)
        # After the policies are removed, the roles of the seed apply.
        self.command("policy", "clear", "kv-tests")
        self.addCleanup(self.command, "policy", "set", "kv-tests", "officer", "--secrets", "all", "--keys", "all",
                        "--certificates", "all")
        self.assertEqual(client.get_secret("greeting").value, "hello from the seed")
        self.refused(HttpResponseError, "ForbiddenByRbac", client.set_secret, "greeting", "mine")


class FirewallTest(emulated.EmulatedTest):
    def test_addresses(self):
        client = self.secrets("user")
        self.addCleanup(self.command, "firewall", "clear", "kv-tests")
        self.assertEqual(self.command("firewall", "set", "kv-tests").stdout, "kv-tests accepts no address\n")
        self.refused(HttpResponseError, "Forbidden ForbiddenByFirewall Client address is not authorized and caller is "
                     f"not a trusted service. Client address: 203.0.113.10 Caller: appid={emulated.USER};oid= "
                     "Vault: kv-tests;location=", client.get_secret, "greeting")
        self.command("firewall", "set", "kv-tests", "--allow", "192.0.2.1", "--allow", "203.0.113.0/24")
        self.assertEqual(client.get_secret("greeting").value, "hello from the seed")
        self.command("firewall", "set", "kv-tests", "--allow", "203.0.113.0/24", "--client-address", "198.51.100.7")
        self.refused(HttpResponseError, "ForbiddenByFirewall 198.51.100.7", client.get_secret, "greeting")
        self.assertIn("kv-tests  203.0.113.0/24  198.51.100.7", self.command("firewall", "list").stdout)
        self.command("firewall", "set", "kv-tests", "--no-public-access", "--allow", "203.0.113.0/24")
        self.refused(HttpResponseError, "ForbiddenByConnection Public network access is disabled and request is not "
                     "from a trusted service nor via an approved private link.", client.get_secret, "greeting")
        self.assertIn("not an IP address", self.command("firewall", "set", "kv-tests", "--client-address", "home",
                                                        check=False).stderr)
        self.command("firewall", "clear", "kv-tests")
        self.assertEqual(client.get_secret("greeting").value, "hello from the seed")


if __name__ == "__main__":
    main()
