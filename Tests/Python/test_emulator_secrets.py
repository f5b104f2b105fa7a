"""The official Azure SDK's calls for secrets, including those that write."""

import datetime
import unittest

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

import emulated


class SecretsTest(emulated.EmulatedTest):
    def test_set_and_get(self):
        client = self.secrets()
        begin = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
        end = datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)
        made = client.set_secret("all-of-it", "fresh", content_type="text/plain", tags={"team": "a"}, not_before=begin,
                                 expires_on=end)
        for secret in [client.get_secret("ALL-OF-IT"), client.get_secret("all-of-it", made.properties.version)]:
            self.assertEqual(secret.value, "fresh")
            self.assertEqual(secret.name, "all-of-it")
            properties = secret.properties
            self.assertEqual(properties.version, made.properties.version)
            self.assertEqual(properties.content_type, "text/plain")
            self.assertEqual(properties.tags, {"team": "a"})
            self.assertEqual((properties.not_before, properties.expires_on), (begin, end))
            self.assertTrue(properties.enabled)
            self.assertEqual((properties.recovery_level, properties.recoverable_days), ("Recoverable+Purgeable", 90))

    def test_names_that_cannot_exist_are_bad_parameters(self):
        client = self.secrets()
        for name in ["DB_PASSWORD", "www.site.io", "a;b", "größe", "x" * 128]:
            with self.subTest(name=name):
                self.refused(HttpResponseError, "BadParameter invalid name", client.get_secret, name)
                self.refused(HttpResponseError, "BadParameter", client.set_secret, name, "x")
                self.refused(HttpResponseError, "BadParameter", client.get_deleted_secret, name)
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_secret, "x" * 127)

    def test_lists_tell_everything_but_values(self):
        client = self.secrets()
        client.set_secret("listed", "one", tags={"stage": "test"}, content_type="text/plain")
        client.set_secret("listed", "two", tags={"stage": "test"}, content_type="text/plain")
        found = {item.name: item for item in client.list_properties_of_secrets()}["listed"]
        self.assertEqual((found.tags, found.content_type, found.enabled), ({"stage": "test"}, "text/plain", True))
        self.assertIsNotNone(found.updated_on)
        self.assertIsNone(found.version)
        versions = [item.version for item in client.list_properties_of_secret_versions("listed")]
        self.assertEqual(len(set(versions)), 2)

    def test_list_comes_in_pages(self):
        client = self.secrets()
        for number in range(4):
            client.set_secret(f"page-{number}", "x")
        pages = [[item.name for item in page] for page in client.list_properties_of_secrets(max_page_size=2).by_page()]
        self.assertTrue(all(len(page) <= 2 for page in pages))
        names = sum(pages, [])
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({f"page-{number}" for number in range(4)}, set(names))

    def test_update(self):
        client = self.secrets()
        made = client.set_secret("changing", "value", tags={"a": "b"})
        changed = client.update_secret_properties("changing", enabled=False, content_type="text/x", tags={"c": "d"})
        self.assertEqual(changed.version, made.properties.version)
        self.assertEqual((changed.enabled, changed.content_type, changed.tags), (False, "text/x", {"c": "d"}))
        self.refused(HttpResponseError, "SecretDisabled", client.get_secret, "changing")
        client.update_secret_properties("changing", made.properties.version, enabled=True)
        self.assertEqual(client.get_secret("changing").value, "value")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.update_secret_properties, "changing", "0" * 32)

    def test_delete_and_recover(self):
        client = self.secrets()
        client.set_secret("lost", "value", tags={"a": "b"})
        poller = client.begin_delete_secret("lost")
        deleted = poller.result()
        poller.wait()
        self.assertEqual(deleted.recovery_id, "https://kv-tests.vault.azure.net/deletedsecrets/lost")
        self.assertEqual((deleted.scheduled_purge_date - deleted.deleted_date).days, 90)
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_secret, "lost")
        self.refused(ResourceExistsError, "Conflict ObjectIsDeletedButRecoverable", client.set_secret, "lost", "new")
        self.assertIn("lost", [item.name for item in client.list_deleted_secrets()])
        self.assertEqual(client.get_deleted_secret("lost").properties.tags, {"a": "b"})
        client.begin_recover_deleted_secret("lost").wait()
        self.assertEqual(client.get_secret("lost").value, "value")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_deleted_secret, "lost")

    def test_purge(self):
        client = self.secrets()
        client.set_secret("purged", "old")
        client.begin_delete_secret("purged").wait()
        client.purge_deleted_secret("purged")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.get_deleted_secret, "purged")
        self.refused(ResourceNotFoundError, "SecretNotFound", client.purge_deleted_secret, "purged")
        client.set_secret("purged", "new")
        self.assertEqual(len(list(client.list_properties_of_secret_versions("purged"))), 1)

    def test_backup_and_restore(self):
        client = self.secrets()
        client.set_secret("kept", "one")
        client.set_secret("kept", "two")
        backup = client.backup_secret("kept")
        self.refused(ResourceExistsError, "Conflict", client.restore_secret_backup, backup)
        client.begin_delete_secret("kept").wait()
        self.refused(ResourceExistsError, "ObjectIsDeletedButRecoverable", client.restore_secret_backup, backup)
        client.purge_deleted_secret("kept")
        self.assertEqual(client.restore_secret_backup(backup).name, "kept")
        self.assertEqual(client.get_secret("kept").value, "two")
        self.assertEqual(len(list(client.list_properties_of_secret_versions("kept"))), 2)
        self.refused(HttpResponseError, "BadParameter", client.restore_secret_backup, b"no backup")

    def test_a_user_cannot_write(self):
        client = self.secrets("user")
        self.assertEqual(client.get_secret("greeting").value, "hello from the seed")
        for call, arguments in [
                (client.set_secret, ("greeting", "mine")), (client.begin_delete_secret, ("greeting",)),
                (client.update_secret_properties, ("greeting",)), (client.backup_secret, ("greeting",)),
                (client.purge_deleted_secret, ("greeting",)), (client.begin_recover_deleted_secret, ("greeting",))]:
            with self.subTest(call.__name__):
                self.refused(HttpResponseError, "Forbidden ForbiddenByRbac Microsoft.KeyVault/vaults/secrets/", call,
                             *arguments)
        self.assertEqual(self.secrets().get_secret("greeting").value, "hello from the seed")

    def test_what_the_seed_says(self):
        properties = self.secrets("user").get_secret("greeting").properties
        self.assertEqual(properties.tags, {"stage": "test"})
        self.assertEqual(int(properties.expires_on.timestamp()), 4_000_000_000)

    def test_bad_input(self):
        client = self.secrets()
        self.refused(HttpResponseError, "BadParameter name", client.set_secret, "under_score", "value")
        self.refused(HttpResponseError, "BadParameter bytes", client.set_secret, "big", "x" * (25 * 1024 + 1))
        self.refused(HttpResponseError, "BadParameter tags", client.set_secret, "many", "x",
                     tags={str(number): "" for number in range(16)})

    def test_api_versions(self):
        for version in ["7.0", "7.4", "7.6-preview.2", "2025-07-01"]:
            with self.subTest(version):
                client = self.secrets(api_version=version)
                client.set_secret("versioned", version)
                self.assertEqual(client.get_secret("versioned").value, version)
        self.refused(HttpResponseError, "BadParameter version", self.secrets(api_version="1.0").get_secret, "greeting")


if __name__ == "__main__":
    unittest.main()
