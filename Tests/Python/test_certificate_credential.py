"""An application that proves its identity with a certificate: the official SDK against the emulator's check,
and the provider with the same certificate."""

import datetime
import json
import logging
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential
from azure.keyvault.secrets import SecretClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12)

import grpc

import world as w

APPLICATION = "11111111-aaaa-4aaa-8aaa-000000000007"

# Refusals are expected, so the SDK must not log them.
logging.getLogger("azure").setLevel(logging.CRITICAL)


def pair(name, life=datetime.timedelta(days=1)):
    """A new key with its own certificate, which ends after `life`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + life).sign(key, hashes.SHA256()))
    return key, certificate


def pem(key, certificate):
    return (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM))


def start_world(path, certificate):
    """An emulator whose application has the certificate. `path` is an empty directory."""
    (path / "application.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    seed = w.SEED.read_text().replace("    clientSecrets:", "    clientCertificates: [ application.pem ]\n    clientSecrets:", 1)
    (path / "azure.yaml").write_text(seed)
    return w.World(path / "azure.yaml")


class CertificateCredentialTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="akv-cert-", dir="/tmp")
        cls.addClassCleanup(directory.cleanup)
        cls.key, cls.certificate = pair("application")
        cls.world = start_world(pathlib.Path(directory.name), cls.certificate)
        cls.addClassCleanup(cls.world.stop)
        variables = mock.patch.dict(os.environ, cls.world.environment)
        variables.start()
        cls.addClassCleanup(variables.stop)

    def value(self, data, **options):
        credential = CertificateCredential(w.TENANT, APPLICATION, certificate_data=data, **options)
        with SecretClient(vault_url=w.VAULT_URL, credential=credential) as client:
            return client.get_secret("plain").value

    def test_pem(self):
        self.assertEqual(self.value(pem(self.key, self.certificate)), "plain value")

    def test_pkcs12_with_a_password(self):
        data = pkcs12.serialize_key_and_certificates(
            b"application", self.key, self.certificate, None, BestAvailableEncryption(b"word"))
        self.assertEqual(self.value(data, password="word"), "plain value")

    def test_unknown_certificate(self):
        with self.assertRaises(ClientAuthenticationError) as caught:
            self.value(pem(*pair("stranger")))
        self.assertIn("AADSTS700027", str(caught.exception))

    def test_foreign_key_under_a_known_thumbprint(self):
        stranger, _ = pair("stranger")
        with self.assertRaises(ClientAuthenticationError) as caught:
            self.value(pem(stranger, self.certificate))
        self.assertIn("AADSTS700027", str(caught.exception))


class ProviderTest(unittest.TestCase):
    def mount(self, world, request):
        """The value, or the error's text."""
        with grpc.insecure_channel(f"unix://{world.socket}") as channel:
            try:
                return self.rpc.CSIDriverProviderStub(channel).Mount(request, timeout=w.DEADLINE).files[0].contents.decode()
            except grpc.RpcError as error:
                return error.details()

    def mount_twice(self, seconds):
        """Whether both mounts went well, with a certificate that ends after `seconds`, and the function for another one."""
        directory = tempfile.TemporaryDirectory(prefix="akv-cert-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        key, certificate = pair("application", datetime.timedelta(seconds=seconds))
        world = start_world(pathlib.Path(directory.name), certificate)
        self.addCleanup(world.stop)
        pb, self.rpc = w.generated_stubs(world.directory)
        world.start_provider()
        attributes = {
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a", "keyvaultName": "kv-tests",
            "tenantID": w.TENANT, "refreshInterval": "1h", "objects": "array: [{objectName: plain, objectType: secret}]"}
        secrets = {"clientid": APPLICATION, "clientcertificate": pem(key, certificate).decode()}
        request = pb.MountRequest(
            attributes=json.dumps(attributes), secrets=json.dumps(secrets), permission="420", target_path="/pods/pod")
        values = [self.mount(world, request) for _ in range(2)]
        return values == ["plain value"] * 2, lambda: self.mount(world, request)

    def test_refuses_a_repeated_mount_when_the_certificate_has_ended(self):
        # On a busy machine a short life may be over by the second mount.
        for seconds in [5, 20, 80]:
            succeeded, mount = self.mount_twice(seconds)
            if succeeded:
                break
        self.assertTrue(succeeded, mount())
        w.until(lambda: "the certificate expired at" in mount(), "the end of the certificate")


if __name__ == "__main__":
    unittest.main()
