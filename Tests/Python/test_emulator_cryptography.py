"""The operations that use keys, with the SDK's CryptographyClient. The client encrypts, wraps and verifies locally if it may
read the key, so that two implementations must agree; otherwise it sends these operations to the vault too."""

import hashlib
import unittest
from datetime import datetime, timezone

from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificatePolicy
from azure.keyvault.keys import JsonWebKey
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

import emulated
import world as w

HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
ENCRYPTION = ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"]


class CryptographyTest(emulated.EmulatedTest):
    def crypto(self, key, remote=False, who="officer"):
        client = CryptographyClient(key, self.credential(who))
        self.addCleanup(client.close)
        # As after a 403 for the key itself.
        client._keys_get_forbidden = remote
        return client

    def both(self, key):
        return [("local", self.crypto(key)), ("remote", self.crypto(key.id, remote=True))]

    def digest(self, algorithm):
        return HASHES[algorithm[2:5]](b"a message").digest()

    def check_signatures(self, key, algorithms):
        for algorithm in algorithms:
            algorithm, digest = SignatureAlgorithm(algorithm), self.digest(algorithm)
            for where, client in self.both(key):
                with self.subTest(key=key.name, algorithm=algorithm, where=where):
                    signature = client.sign(algorithm, digest).signature
                    self.assertTrue(client.verify(algorithm, digest, signature).is_valid)
                    self.assertFalse(client.verify(algorithm, digest[::-1], signature).is_valid)
                    self.assertFalse(client.verify(algorithm, digest, bytes(len(signature))).is_valid)

    def test_rsa_signatures(self):
        for size in [2048, 3072]:
            key = self.keys().create_rsa_key(f"rsa-{size}", size=size)
            self.check_signatures(key, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])

    def test_curve_signatures(self):
        for curve, algorithm in [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512"), ("P-256K", "ES256K")]:
            self.check_signatures(self.keys().create_ec_key(f"ec-{curve}", curve=curve), [algorithm])

    def test_encryption(self):
        key = self.keys().create_rsa_key("encrypting")
        for algorithm in ENCRYPTION:
            for where, client in self.both(key):
                for text in [b"a text", b"", bytes(100)]:
                    with self.subTest(algorithm=algorithm, where=where, text=text):
                        encrypted = client.encrypt(EncryptionAlgorithm(algorithm), text)
                        self.assertEqual(client.decrypt(EncryptionAlgorithm(algorithm), encrypted.ciphertext).plaintext,
                                         text)
                        wrapped = client.wrap_key(KeyWrapAlgorithm(algorithm), text)
                        self.assertEqual(client.unwrap_key(KeyWrapAlgorithm(algorithm), wrapped.encrypted_key).key, text)
                        self.assertEqual((encrypted.key_id, wrapped.key_id), (key.id, key.id))

    def test_an_imported_key(self):
        private = rsa.generate_private_key(65537, 2048)
        numbers, public = private.private_numbers(), private.public_key().public_numbers()

        def octets(number):
            return number.to_bytes((number.bit_length() + 7) // 8, "big")

        parts = {"n": public.n, "e": public.e, "d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1,
                 "dq": numbers.dmq1, "qi": numbers.iqmp}
        parts = {name: octets(number) for name, number in parts.items()}
        self.check_signatures(self.keys().import_key("mine", JsonWebKey(kty="RSA", **parts)), ["RS256", "PS512"])
        self.refused(HttpResponseError, "BadParameter do not belong together", self.keys().import_key, "broken",
                     JsonWebKey(kty="RSA", **{**parts, "d": parts["p"]}))

    def test_the_key_of_a_certificate(self):
        self.certificates().begin_create_certificate("signer", policy=CertificatePolicy.get_default()).result()
        self.check_signatures(self.keys().get_key("signer"), ["RS256"])

    def test_versions(self):
        first = self.keys().create_rsa_key("turning")
        second = self.keys().rotate_key("turning")
        encrypted = self.crypto(first).encrypt(EncryptionAlgorithm.rsa_oaep, b"old").ciphertext
        self.assertEqual(self.crypto(first.id, remote=True).decrypt(EncryptionAlgorithm.rsa_oaep, encrypted).plaintext,
                         b"old")
        self.refused(HttpResponseError, "BadParameter Unable to decrypt specified value with this key",
                     self.crypto(second.id, remote=True).decrypt, EncryptionAlgorithm.rsa_oaep, encrypted)

    def test_refusals(self):
        keys = self.keys()
        digest = self.digest("RS256")
        key = keys.create_rsa_key("limited", key_operations=["verify"])
        client = self.crypto(key.id, remote=True)
        self.refused(HttpResponseError, "Forbidden Operation sign is not permitted on this key. KeyOperationForbidden",
                     client.sign, SignatureAlgorithm.rs256, digest)
        key = keys.create_rsa_key("refusing")
        client = self.crypto(key.id, remote=True)
        self.refused(HttpResponseError, "BadParameter Invalid length of 'value': 3 bytes. RS256 requires 32 bytes",
                     client.sign, SignatureAlgorithm.rs256, b"abc")
        self.refused(HttpResponseError, f"BadParameter incompatible {key.id} 'RSA' 'ES256' 'EC-HSM'",
                     client.sign, SignatureAlgorithm.es256, digest)
        self.refused(HttpResponseError, "BadParameter alg A256GCM", client.encrypt, EncryptionAlgorithm.a256_gcm, b"x")
        self.refused(HttpResponseError, "BadParameter too long", client.encrypt, EncryptionAlgorithm.rsa_oaep_256,
                     bytes(200))
        curve = keys.create_ec_key("refusing-curve", curve="P-256K")
        self.refused(HttpResponseError, "BadParameter curve 'P-256K' 'ES256' 'P-256'",
                     self.crypto(curve.id, remote=True).sign, SignatureAlgorithm.es256, digest)
        keys.update_key_properties("refusing", enabled=False)
        self.refused(HttpResponseError, "Forbidden Operation sign is not allowed on a disabled key. KeyDisabled",
                     client.sign, SignatureAlgorithm.rs256, digest)
        missing = f"{w.VAULT_URL}/keys/absent/00000000000000000000000000000000"
        self.refused(HttpResponseError, "KeyNotFound", self.crypto(missing, remote=True).sign, SignatureAlgorithm.rs256,
                     digest)

    def test_an_expired_key_still_decrypts_and_verifies(self):
        key = self.keys().create_rsa_key("expiring")
        client = self.crypto(key.id, remote=True)
        digest = self.digest("RS256")
        signature = client.sign(SignatureAlgorithm.rs256, digest).signature
        encrypted = client.encrypt(EncryptionAlgorithm.rsa_oaep, b"text").ciphertext
        self.command("rotate", "kv-tests", "keys/expiring")
        self.keys().update_key_properties("expiring", version=key.properties.version, expires_on=datetime.fromtimestamp(1, timezone.utc))
        for call, arguments in [(client.sign, (SignatureAlgorithm.rs256, digest)),
                                (client.encrypt, (EncryptionAlgorithm.rsa_oaep, b"text"))]:
            self.refused(HttpResponseError, "Forbidden KeyNotYetValidOrExpired", call, *arguments)
        self.assertTrue(client.verify(SignatureAlgorithm.rs256, digest, signature).is_valid)
        self.assertEqual(client.decrypt(EncryptionAlgorithm.rsa_oaep, encrypted).plaintext, b"text")

    def test_roles(self):
        key = self.keys().create_rsa_key("guarded")
        client = self.crypto(key.id, remote=True, who="user")
        client.sign(SignatureAlgorithm.rs256, self.digest("RS256"))
        self.command("role", "revoke", "kv-tests", "user", "Key Vault Crypto User")
        self.addCleanup(self.command, "role", "grant", "kv-tests", "user", "Key Vault Crypto User")
        self.refused(HttpResponseError, "ForbiddenByRbac Microsoft.KeyVault/vaults/keys/sign/action", client.sign,
                     SignatureAlgorithm.rs256, self.digest("RS256"))

    def test_random_bytes(self):
        first, second = self.keys().get_random_bytes(32), self.keys().get_random_bytes(32)
        self.assertEqual((len(first), len(second)), (32, 32))
        self.assertNotEqual(first, second)
        self.refused(HttpResponseError, "BadParameter count", self.keys().get_random_bytes, 129)


if __name__ == "__main__":
    unittest.main()
