"""An emulator for each test class, and the Azure SDK's clients for it."""

import logging
import os
import subprocess
import unittest
from unittest import mock

from azure.identity import WorkloadIdentityCredential
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.secrets import SecretClient

import world as w

SEED = w.ROOT / "Tests/Fixtures/emulator.yaml"
OFFICER = "22222222-aaaa-4aaa-8aaa-000000000001"
USER = "22222222-aaaa-4aaa-8aaa-000000000002"

# Refusals are expected, so the SDK must not log them.
logging.getLogger("azure").setLevel(logging.CRITICAL)


class EmulatedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = w.World(seed=SEED)
        cls.credentials = {}
        cls.addClassCleanup(cls.world.stop)
        variables = mock.patch.dict(os.environ, cls.world.environment)
        variables.start()
        cls.addClassCleanup(variables.stop)

    def credential(self, who):
        if who not in self.credentials:
            path = self.world.directory / f"token-{who}"
            path.write_text(self.world.token(who))
            self.credentials[who] = WorkloadIdentityCredential(
                tenant_id=w.TENANT, client_id=OFFICER if who == "officer" else USER, token_file_path=str(path))
        return self.credentials[who]

    def client(self, kind, who="officer", **options):
        client = kind(vault_url=w.VAULT_URL, credential=self.credential(who), **options)
        self.addCleanup(client.close)
        return client

    def secrets(self, who="officer", **options):
        return self.client(SecretClient, who, **options)

    def keys(self, who="officer", **options):
        return self.client(KeyClient, who, **options)

    def certificates(self, who="officer", **options):
        return self.client(CertificateClient, who, **options)

    def refused(self, error, words, call, *arguments, **options):
        """The call fails with this type of error, and the error contains all words."""
        with self.assertRaises(error) as caught:
            call(*arguments, **options)
        for word in words.split():
            self.assertIn(word, str(caught.exception))

    def command(self, *words, check=True):
        done = subprocess.run(
            [str(word) for word in (w.PROGRAMS / "akv-emulator", *words,
                                    "--directory", self.world.directory / "azure")],
            capture_output=True, text=True, timeout=w.DEADLINE)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr}")
        return done
