"""Parts of certificates and key stores, read by a library from another project."""

import json
import unittest

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (Encoding, PublicFormat, load_der_private_key,
                                                          load_pem_private_key, load_ssh_public_key, pkcs12)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

import test_provider
from test_provider import obj
import world as w

# The trimmed values of the seed's objects, which are the passwords.
PASSWORDS = {"plain": "plain value", "umlaut": "Grüße, 世界 🔑", "empty-lines": ""}


def public(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class KeystoreTest(unittest.TestCase):
    setUpClass = classmethod(test_provider.ProviderTest.setUpClass.__func__)
    setUp = test_provider.ProviderTest.setUp
    request = test_provider.ProviderTest.request

    def mount(self, *objects):
        answer = self.stub.Mount(self.request(*objects), timeout=w.DEADLINE)
        versions = {version.id: version.version for version in answer.object_version}
        return {file.path: file.contents for file in answer.files}, versions

    @staticmethod
    def outputs(*outputs):
        return "outputs:" + "".join("\n  - " + json.dumps(output, ensure_ascii=False) for output in outputs)

    def test_pkcs12(self):
        outputs = [{"part": "pkcs12", "fileName": f"{profile}-{name}.p12", "passwordFrom": name, "profile": profile,
                    "alias": "Äpp"} for profile in ["modern", "legacy"] for name in PASSWORDS]
        hidden = [obj("secret", name, "hidden: true", "trim: newline") for name in PASSWORDS]
        for name, kind in [("site", rsa.RSAPrivateKey), ("site-pem", ec.EllipticCurvePrivateKey)]:
            objects = [obj("secret", name, self.outputs(*outputs)), *hidden]
            files, versions = self.mount(*objects)
            # The passwords are reported with versions, but do not have files.
            self.assertEqual(sorted(files), sorted(output["fileName"] for output in outputs))
            self.assertEqual(sorted(versions), sorted([f"secret/{name}", *(f"secret/{other}" for other in PASSWORDS)]))
            self.assertEqual(len(set(files.values())), len(files))
            for output in outputs:
                with self.subTest(name, **output):
                    password = PASSWORDS[output["passwordFrom"]].encode()
                    store = pkcs12.load_pkcs12(files[output["fileName"]], password)
                    self.assertIsInstance(store.key, kind)
                    self.assertEqual(store.cert.friendly_name.decode(), "Äpp")
                    leaf = store.cert.certificate
                    self.assertEqual(public(leaf.public_key()), public(store.key.public_key()))
                    chain = [leaf, *(other.certificate for other in store.additional_certs)]
                    self.assertEqual(len(chain), 3 if name == "site" else 2)
                    for child, parent in zip(chain, chain[1:]):
                        child.verify_directly_issued_by(parent)
                    with self.assertRaises(ValueError):
                        pkcs12.load_pkcs12(files[output["fileName"]], b"wrong")
            again, _ = self.mount(*objects)
            self.assertEqual(again, files)

    def test_trust_store(self):
        trust = {"part": "truststore", "fileName": "trust.p12", "passwordFrom": "plain", "alias": "ca"}
        files, _ = self.mount(obj("secret", "site", self.outputs(trust)), obj("secret", "plain", "hidden: true"))
        store = pkcs12.load_pkcs12(files["trust.p12"], b"plain value")
        self.assertIsNone(store.key)
        self.assertEqual([other.friendly_name for other in store.additional_certs], [b"ca-1", b"ca-2"])

    def test_parts(self):
        parts = [{"part": "key", "fileName": "key.pem"}, {"part": "key", "fileName": "key.der", "encoding": "der"},
                 {"part": "key", "fileName": "pkcs1.pem", "keyFormat": "pkcs1"}, {"part": "leaf", "fileName": "leaf.pem"},
                 {"part": "chain", "fileName": "chain.pem"}, {"part": "fullchain", "fileName": "full.pem"},
                 {"part": "ca", "fileName": "ca.der", "encoding": "der"},
                 {"part": "combined", "fileName": "combined.pem", "keyOrder": "last"}]
        files, _ = self.mount(obj("secret", "site", self.outputs(*parts)))
        key = load_pem_private_key(files["key.pem"], None)
        leaf = x509.load_pem_x509_certificate(files["leaf.pem"])
        self.assertEqual(public(key.public_key()), public(leaf.public_key()))
        self.assertEqual(load_der_private_key(files["key.der"], None).private_numbers(), key.private_numbers())
        self.assertTrue(files["pkcs1.pem"].startswith(b"-----BEGIN RSA PRIVATE KEY-----"))
        self.assertEqual(load_pem_private_key(files["pkcs1.pem"], None).private_numbers(), key.private_numbers())
        self.assertEqual(files["leaf.pem"] + files["chain.pem"], files["full.pem"])
        self.assertEqual(files["full.pem"] + files["key.pem"], files["combined.pem"])
        root = x509.load_der_x509_certificate(files["ca.der"])
        self.assertEqual(root.subject, root.issuer)
        self.assertEqual(x509.load_pem_x509_certificates(files["full.pem"])[-1], root)

    def test_public_keys(self):
        names = ["rsa", "p256", "p384", "p521"]
        files, _ = self.mount(*[obj("key", name, f"objectAlias: {name}.{form}", f"publicKeyFormat: {form}")
                                for name in names for form in ["pem", "der", "jwk", "openssh"]])
        for name in names:
            with self.subTest(name):
                der = files[f"{name}.der"]
                self.assertEqual(public(load_ssh_public_key(files[f"{name}.openssh"])), der)
                algorithm = RSAAlgorithm if name == "rsa" else ECAlgorithm
                self.assertEqual(public(algorithm.from_jwk(files[f"{name}.jwk"].decode())), der)

    def test_bad_password(self):
        store = {"part": "pkcs12", "fileName": "store.p12", "passwordFrom": "umlaut"}
        with self.assertRaises(grpc.RpcError) as caught:
            self.mount(obj("secret", "site", self.outputs(store)), obj("secret", "umlaut"))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("store.p12: the password ends in a line break", caught.exception.details())
        self.assertNotIn("Grüße", caught.exception.details())


if __name__ == "__main__":
    unittest.main()
