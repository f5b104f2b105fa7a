"""The files of the volume, read by a library from another project.

It runs against the debug build and against the programs as they ship: only those are optimised."""

import base64
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key, pkcs12

import test_provider
from test_provider import obj
import world as w


def public(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class ConversionTest(unittest.TestCase):
    setUpClass = classmethod(test_provider.ProviderTest.setUpClass.__func__)
    setUp = test_provider.ProviderTest.setUp
    request = test_provider.ProviderTest.request

    def mount(self, *objects):
        answer = self.stub.Mount(self.request(*objects), timeout=w.DEADLINE)
        return {file.path: file.contents for file in answer.files}

    def test_certificates_of_every_kind(self):
        kinds = {"site": (rsa.RSAPrivateKey, 3), "site-modern": (ec.EllipticCurvePrivateKey, 3),
                 "site-pem": (ec.EllipticCurvePrivateKey, 2)}
        files = self.mount(*[obj("secret", name) for name in kinds],
                           *[obj("cert", name, f"objectAlias: {name}.crt") for name in kinds])
        for name, (kind, count) in kinds.items():
            with self.subTest(name):
                key = load_pem_private_key(files[name], None)
                chain = x509.load_pem_x509_certificates(files[name])
                self.assertIsInstance(key, kind)
                self.assertEqual(len(chain), count)
                self.assertEqual(public(chain[0].public_key()), public(key.public_key()))
                for child, parent in zip(chain, chain[1:]):
                    child.verify_directly_issued_by(parent)
                self.assertEqual(x509.load_pem_x509_certificate(files[f"{name}.crt"]), chain[0])
                self.assertTrue(files[name].startswith(b"-----BEGIN PRIVATE KEY-----") or name == "site-pem")

    def test_pfx_passes_through(self):
        files = self.mount(obj("secret", "site", "objectFormat: pfx"))
        key, certificate, others = pkcs12.load_key_and_certificates(base64.b64decode(files["site"]), None)
        self.assertEqual(public(certificate.public_key()), public(key.public_key()))
        self.assertEqual(len(others), 2)

    def test_public_keys(self):
        files = self.mount(*[obj("key", name) for name in ["rsa", "p256", "p384", "p521"]])
        self.assertEqual(load_pem_public_key(files["rsa"]).key_size, 2048)
        for name, curve in [("p256", ec.SECP256R1), ("p384", ec.SECP384R1), ("p521", ec.SECP521R1)]:
            self.assertIsInstance(load_pem_public_key(files[name]).curve, curve)


if __name__ == "__main__":
    unittest.main()
