"""The official Azure SDK's calls for certificates, and for the key and the secret of each certificate."""

import base64
import datetime
import unittest

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.certificates import CertificatePolicy, LifetimeAction
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

import emulated

PEM = "application/x-pem-file"


def own_certificate(name="imported.example"):
    """A key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now,
                                          now + datetime.timedelta(days=90)).sign(key, hashes.SHA256())
    return key, certificate


def pem_of(key, certificate):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM)


class CertificatesTest(emulated.EmulatedTest):
    def create(self, client, name, **options):
        settings = {"subject": "CN=shop.example, O=Shop", "key_type": "EC", "key_curve_name": "P-256", **options}
        return client.begin_create_certificate(name, CertificatePolicy("Self", **settings), tags={"a": "b"}).result()

    def test_create(self):
        client = self.certificates()
        made = self.create(client, "created", san_dns_names=["shop.example", "www.shop.example"], validity_in_months=6)
        parsed = x509.load_der_x509_certificate(bytes(made.cer))
        self.assertEqual(parsed.subject.rfc4514_string(), "CN=shop.example,O=Shop")
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["shop.example", "www.shop.example"])
        self.assertEqual((parsed.not_valid_after_utc - parsed.not_valid_before_utc).days, 182)
        self.assertEqual(made.properties.expires_on, parsed.not_valid_after_utc)
        self.assertEqual(made.properties.tags, {"a": "b"})
        self.assertEqual(made.properties.x509_thumbprint, parsed.fingerprint(hashes.SHA1()))

    def test_its_key_and_secret(self):
        made = self.create(self.certificates(), "three")
        self.assertEqual(made.key_id, made.id.replace("/certificates/", "/keys/"))
        key = self.keys().get_key("three")
        self.assertEqual((key.id, key.properties.managed), (made.key_id, True))
        secret = self.secrets().get_secret("three")
        self.assertEqual((secret.id, secret.properties.key_id), (made.secret_id, made.key_id))
        self.assertEqual(secret.properties.content_type, "application/x-pkcs12")
        own, certificate, _ = pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)
        self.assertEqual(certificate.public_bytes(serialization.Encoding.DER), bytes(made.cer))
        self.assertEqual(own.public_key(), certificate.public_key())
        listed = {item.name: item for item in self.secrets().list_properties_of_secrets()}["three"]
        self.assertTrue(listed.managed)

    def test_only_the_certificate_may_change_them(self):
        self.create(self.certificates(), "owner")
        self.refused(HttpResponseError, "Forbidden managed", self.secrets().set_secret, "owner", "mine")
        self.refused(HttpResponseError, "Forbidden managed", self.secrets().begin_delete_secret, "owner")
        self.refused(HttpResponseError, "Forbidden managed", self.keys().create_ec_key, "owner")
        self.secrets().set_secret("taken", "value")
        self.refused(ResourceExistsError, "Conflict", self.create, self.certificates(), "taken")

    def test_pem_reused_key_and_no_export(self):
        client = self.certificates()
        first = self.create(client, "pem", content_type=PEM, reuse_key=True)
        value = self.secrets().get_secret("pem").value
        self.assertIn("BEGIN PRIVATE KEY", value)
        second = self.create(client, "pem", content_type=PEM, reuse_key=True)
        self.assertNotEqual(first.properties.version, second.properties.version)
        keys = [self.keys().get_key("pem", certificate.properties.version).key.x for certificate in (first, second)]
        self.assertEqual(keys[0], keys[1])
        self.create(client, "sealed", content_type=PEM, exportable=False)
        self.assertNotIn("PRIVATE KEY", self.secrets().get_secret("sealed").value)

    def test_operation(self):
        client = self.certificates()
        self.create(client, "operated")
        operation = client.get_certificate_operation("operated")
        self.assertEqual((operation.status, operation.issuer_name), ("completed", "Self"))
        self.assertTrue(x509.load_der_x509_csr(operation.csr).is_signature_valid)
        client.delete_certificate_operation("operated")
        self.refused(ResourceNotFoundError, "PendingCertificateNotFound", client.get_certificate_operation, "operated")
        self.refused(HttpResponseError, "BadParameter issuer",
                     client.begin_create_certificate, "foreign", CertificatePolicy("DigiCert", subject="CN=x"))

    def test_policy(self):
        client = self.certificates()
        self.create(client, "policed", validity_in_months=6)
        policy = client.get_certificate_policy("policed")
        self.assertEqual((policy.key_type, policy.key_curve_name, policy.validity_in_months, policy.subject),
                         ("EC", "P-256", 6, "CN=shop.example, O=Shop"))
        policy._lifetime_actions = [LifetimeAction("EmailContacts", days_before_expiry=20)]
        client.update_certificate_policy("policed", policy)
        read = client.get_certificate_policy("policed")
        self.assertEqual((read.lifetime_actions[0].action, read.lifetime_actions[0].days_before_expiry),
                         ("EmailContacts", 20))
        self.assertEqual(read.validity_in_months, 6)

    def test_import_pfx(self):
        key, certificate = own_certificate()
        client = self.certificates()
        for password in [None, "secret"]:
            with self.subTest(password=password):
                encryption = serialization.BestAvailableEncryption(b"secret") if password else (
                    serialization.NoEncryption())
                file = pkcs12.serialize_key_and_certificates(b"name", key, certificate, None, encryption)
                made = client.import_certificate("pfx", file, password=password, tags={"a": "b"})
                self.assertEqual(bytes(made.cer), certificate.public_bytes(serialization.Encoding.DER))
                self.assertEqual((made.policy.key_type, made.properties.tags), ("EC", {"a": "b"}))
                stored = base64.b64decode(self.secrets().get_secret("pfx").value)
                own, _, _ = pkcs12.load_key_and_certificates(stored, None)
                self.assertEqual(own.private_numbers(), key.private_numbers())
        self.refused(HttpResponseError, "BadParameter PKCS#12", client.import_certificate, "pfx", file)
        self.refused(HttpResponseError, "BadParameter PKCS#12", client.import_certificate, "pfx", b"no file")

    def test_import_pem(self):
        key, certificate = own_certificate()
        client = self.certificates()
        policy = CertificatePolicy(content_type=PEM)
        made = client.import_certificate("pem-file", pem_of(key, certificate), policy=policy)
        self.assertEqual(bytes(made.cer), certificate.public_bytes(serialization.Encoding.DER))
        self.assertEqual(self.secrets().get_secret("pem-file").properties.content_type, PEM)
        # As in Azure, a PEM import needs its content type and a complete, matching key and certificate.
        self.refused(HttpResponseError, "BadParameter", client.import_certificate, "pem-file", pem_of(key, certificate))
        self.refused(HttpResponseError, "BadParameter key", client.import_certificate, "pem-file",
                     certificate.public_bytes(serialization.Encoding.PEM), policy=policy)
        self.refused(HttpResponseError, "BadParameter belongs", client.import_certificate, "pem-file",
                     pem_of(own_certificate()[0], certificate), policy=policy)

    def test_list_versions_and_update(self):
        client = self.certificates()
        for _ in range(2):
            made = self.create(client, "listed")
        self.assertEqual(len(list(client.list_properties_of_certificate_versions("listed"))), 2)
        changed = client.update_certificate_properties("listed", made.properties.version, enabled=False, tags={"c": "d"})
        self.assertFalse(changed.properties.enabled)
        self.refused(HttpResponseError, "SecretDisabled", self.secrets().get_secret, "listed")
        item = {item.name: item for item in client.list_properties_of_certificates()}["listed"]
        self.assertEqual((item.tags, item.enabled), ({"c": "d"}, False))
        self.assertEqual(item.x509_thumbprint, made.properties.x509_thumbprint)

    def test_delete_recover_and_purge(self):
        client = self.certificates()
        self.create(client, "lost")
        client.begin_delete_certificate("lost").wait()
        for get in [client.get_certificate, self.secrets().get_secret, self.keys().get_key]:
            self.refused(ResourceNotFoundError, "NotFound", get, "lost")
        self.assertIn("lost", [item.name for item in client.list_deleted_certificates()])
        self.refused(ResourceExistsError, "ObjectIsDeletedButRecoverable", self.create, client, "lost")
        client.begin_recover_deleted_certificate("lost").wait()
        self.assertTrue(self.secrets().get_secret("lost").value)
        client.begin_delete_certificate("lost").wait()
        client.purge_deleted_certificate("lost")
        self.create(client, "lost")

    def test_backup_and_restore(self):
        client = self.certificates()
        made = self.create(client, "kept")
        backup = client.backup_certificate("kept")
        client.begin_delete_certificate("kept").wait()
        client.purge_deleted_certificate("kept")
        restored = client.restore_certificate_backup(backup)
        self.assertEqual((restored.id, bytes(restored.cer)), (made.id, bytes(made.cer)))
        self.assertTrue(self.secrets().get_secret("kept").properties.managed)

    def test_a_user_cannot_write(self):
        self.create(self.certificates(), "guarded")
        client = self.certificates("user")
        self.assertEqual(client.get_certificate("guarded").name, "guarded")
        for call, arguments in [(self.create, (client, "mine")), (client.begin_delete_certificate, ("guarded",)),
                                (client.import_certificate, ("mine", b"x")),
                                (client.purge_deleted_certificate, ("guarded",))]:
            with self.subTest(call.__name__):
                self.refused(HttpResponseError, "ForbiddenByRbac Microsoft.KeyVault/vaults/certificates/", call,
                             *arguments)


if __name__ == "__main__":
    unittest.main()
