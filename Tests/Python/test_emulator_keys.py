"""The official Azure SDK's calls for keys."""

import unittest

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import JsonWebKey, KeyRotationLifetimeAction, KeyRotationPolicy
from cryptography.hazmat.primitives.asymmetric import ec

import emulated


class KeysTest(emulated.EmulatedTest):
    def test_create(self):
        client = self.keys()
        for curve, size in [("P-256", 32), ("P-384", 48), ("P-521", 66), ("P-256K", 32)]:
            with self.subTest(curve):
                key = client.create_ec_key(f"ec-{curve}", curve=curve, tags={"a": "b"})
                self.assertEqual((key.key.kty, key.key.crv), ("EC", curve))
                self.assertEqual((len(key.key.x), len(key.key.y)), (size, size))
                self.assertEqual(key.key_operations, ["sign", "verify"])
                self.assertEqual(client.get_key(f"ec-{curve}", key.properties.version).key.x, key.key.x)
                # This throws if the point is not on its curve.
                ec.EllipticCurvePublicNumbers(
                    int.from_bytes(key.key.x, "big"), int.from_bytes(key.key.y, "big"),
                    {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1,
                     "P-256K": ec.SECP256K1}[curve]()).public_key()
        key = client.create_rsa_key("rsa", size=2048, key_operations=["sign"], hardware_protected=True)
        self.assertEqual((key.key.kty, len(key.key.n), key.key.e), ("RSA-HSM", 256, b"\x01\x00\x01"))
        self.assertEqual(key.key_operations, ["sign"])

    def test_invalid_keys_are_refused(self):
        client = self.keys()
        self.refused(HttpResponseError, "BadParameter oct HSM", client.create_key, "symmetric", "oct")
        self.refused(HttpResponseError, "BadParameter size", client.create_rsa_key, "small", size=1024)
        self.refused(HttpResponseError, "BadParameter curve", client.create_key, "odd", "EC", curve="P-1")
        self.refused(ResourceNotFoundError, "KeyNotFound", client.get_key, "symmetric")

    def test_import(self):
        numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
        x, y, d = (number.to_bytes(32, "big") for number in
                   (numbers.public_numbers.x, numbers.public_numbers.y, numbers.private_value))
        client = self.keys()
        key = client.import_key("imported", JsonWebKey(kty="EC", crv="P-256", x=x, y=y, d=d, key_ops=["sign"]))
        self.assertEqual((key.key.x, key.key.y, key.key.d, key.key_operations), (x, y, None, ["sign"]))
        self.refused(HttpResponseError, "BadParameter needs", client.import_key, "half",
                     JsonWebKey(kty="EC", crv="P-256", x=x, y=y))

    def test_versions_and_update(self):
        client = self.keys()
        first = client.create_ec_key("changing")
        second = client.create_ec_key("changing")
        versions = {item.version for item in client.list_properties_of_key_versions("changing")}
        self.assertEqual(versions, {first.properties.version, second.properties.version})
        changed = client.update_key_properties("changing", key_operations=["verify"], enabled=False, tags={"c": "d"})
        self.assertEqual(changed.properties.version, second.properties.version)
        self.assertEqual((changed.key_operations, changed.properties.enabled), (["verify"], False))
        listed = {item.name: item for item in client.list_properties_of_keys()}["changing"]
        self.assertEqual((listed.tags, listed.enabled), ({"c": "d"}, False))

    def test_rotate(self):
        client = self.keys()
        first = client.create_rsa_key("turning", size=3072, tags={"a": "b"})
        second = client.rotate_key("turning")
        self.assertNotEqual(first.properties.version, second.properties.version)
        self.assertNotEqual(first.key.n, second.key.n)
        self.assertEqual((len(second.key.n), second.properties.tags), (384, {"a": "b"}))
        self.assertEqual(client.get_key("turning").id, second.id)

    def test_rotation_policy(self):
        client = self.keys()
        client.create_ec_key("by-policy")
        self.assertEqual(len(client.get_key_rotation_policy("by-policy").lifetime_actions), 1)
        policy = KeyRotationPolicy(lifetime_actions=[KeyRotationLifetimeAction("Rotate", time_after_create="P90D")],
                                   expires_in="P1Y")
        client.update_key_rotation_policy("by-policy", policy)
        read = client.get_key_rotation_policy("by-policy")
        self.assertEqual((read.expires_in, read.lifetime_actions[0].time_after_create), ("P1Y", "P90D"))

    def test_delete_recover_and_purge(self):
        client = self.keys()
        client.create_ec_key("lost")
        client.begin_delete_key("lost").wait()
        self.refused(ResourceNotFoundError, "KeyNotFound", client.get_key, "lost")
        self.refused(ResourceExistsError, "ObjectIsDeletedButRecoverable", client.create_ec_key, "lost")
        self.assertIn("lost", [item.name for item in client.list_deleted_keys()])
        client.begin_recover_deleted_key("lost").wait()
        self.assertEqual(client.get_key("lost").name, "lost")
        client.begin_delete_key("lost").wait()
        client.purge_deleted_key("lost")
        self.refused(ResourceNotFoundError, "KeyNotFound", client.get_deleted_key, "lost")

    def test_backup_and_restore(self):
        client = self.keys()
        key = client.create_ec_key("kept")
        backup = client.backup_key("kept")
        client.begin_delete_key("kept").wait()
        client.purge_deleted_key("kept")
        self.assertEqual(client.restore_key_backup(backup).key.x, key.key.x)
        self.refused(HttpResponseError, "BadParameter", self.secrets().restore_secret_backup, backup)

    def test_a_user_cannot_write(self):
        client = self.keys("user")
        self.assertEqual(client.get_key("curve").key.crv, "P-256K")
        for call, arguments in [(client.create_ec_key, ("mine",)), (client.begin_delete_key, ("curve",)),
                                (client.rotate_key, ("curve",)), (client.purge_deleted_key, ("curve",))]:
            with self.subTest(call.__name__):
                self.refused(HttpResponseError, "ForbiddenByRbac Microsoft.KeyVault/vaults/keys/", call, *arguments)


if __name__ == "__main__":
    unittest.main()
