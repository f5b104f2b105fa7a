"""`akv-csi setup`: the script sets up a working Azure, keeps existing objects, and never runs text of a manifest."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

import fake_az
import world as w

CLIENT = "5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20"
ISSUER = "https://oidc.akv-emulator.example/cluster/"
IDENTITY = {"name": "shop", "resourceGroup": "identities", "clientId": CLIENT, "principalId": "p-shop"}
PLACEHOLDER = "<client id>"


def manifests(client=CLIENT, objects=("secret db-password",), namespace="team-shop", account="web", extra="", name="shop",
              vault="kv-shop", workload=True, tenant=fake_az.TENANT):
    """A class and a pod that mounts it."""
    listed = [yaml.safe_dump({"objectName": item.split()[1], "objectType": item.split()[0]}) for item in objects]
    parameters = {"keyvaultName": vault, "tenantID": tenant, "clientID": client,
                  "objects": yaml.safe_dump({"array": listed}), **yaml.safe_load(extra or "{}")}
    documents = [{"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
                  "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
                  "spec": {"provider": "azure", "parameters": parameters}}]
    if workload:
        documents.append({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", **({"namespace": namespace} if namespace else {})},
            "spec": {"serviceAccountName": account, "containers": [{"name": "web", "image": "busybox"}], "volumes": [
                {"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True,
                                      "volumeAttributes": {"secretProviderClass": name}}}]}})
    return yaml.safe_dump_all(documents)


class SetupTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-setup-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.state = fake_az.install(self.directory, identities=[IDENTITY], clusters={"production": ISSUER},
                                     vaults={"kv-shop": {"roles": True, "policies": []}})
        self.environment = {"PATH": f"{self.directory}:{os.environ['PATH']}", "HOME": str(self.directory)}

    def run_command(self, command, **environment):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=self.directory,
                              stdin=subprocess.DEVNULL, env={**self.environment, **environment}, timeout=w.DEADLINE)

    def setup(self, text, *words, **environment):
        (self.directory / "shop.yaml").write_text(text)
        return self.run_command([w.PROGRAMS / "akv-csi", "setup", "shop.yaml", *words], **environment)

    def script(self, text, *words):
        done = self.setup(text, *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        (self.directory / "setup.sh").write_text(done.stdout)
        subprocess.run(["shellcheck", self.directory / "setup.sh"], check=True)
        return done.stdout

    def bash(self, **environment):
        return self.run_command(["bash", "setup.sh"], **environment)

    def grants(self):
        prefix = fake_az.vault_id("")
        return {(row["principalId"], row["roleDefinitionName"], row["scope"].removeprefix(prefix))
                for row in self.state.read()["assignments"]}

    def test_the_script_sets_up_once(self):
        self.script(manifests(objects=["secret a", "secret b", "key k", "cert c"]))
        done = self.bash(CLUSTER="production", CLUSTER_RESOURCE_GROUP="clusters")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("created  federated credential for system:serviceaccount:team-shop:web", done.stdout)
        self.assertEqual(self.grants(), {("p-shop", "Key Vault Secrets User", "kv-shop"),
                                         ("p-shop", "Key Vault Crypto User", "kv-shop"),
                                         ("p-shop", "Key Vault Certificate User", "kv-shop")})
        [credential] = self.state.read()["credentials"]
        self.assertEqual((credential["issuer"], credential["subject"], credential["audiences"], credential["name"]),
                         (ISSUER, "system:serviceaccount:team-shop:web", ["api://AzureADTokenExchange"],
                          "team-shop_web-production"))
        self.assertIn("akv-csi doctor --token-file token --class shop --service-account web shop.yaml", done.stdout)
        before = self.state.read()
        again = self.bash(CLUSTER="production", CLUSTER_RESOURCE_GROUP="clusters")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertNotIn("created", again.stdout)
        self.assertEqual(self.state.read(), before)

    def test_apply_does_the_same(self):
        words = ["--apply", "--cluster", "production", "--cluster-resource-group", "clusters"]
        done = self.setup(manifests(), *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("created  role Key Vault Secrets User on kv-shop", done.stdout)
        again = self.setup(manifests(), *words)
        self.assertEqual((again.returncode, "created" in again.stdout), (0, False), again.stderr)
        self.assertEqual([path.name for path in pathlib.Path("/tmp").glob("akv-csi-setup.*")], [])

    def test_a_new_identity(self):
        for words, name in [(["--identity", "payments"], "payments"), ([], "team-shop_web")]:
            with self.subTest(name):
                done = self.setup(manifests(client=PLACEHOLDER), "--apply", "--issuer", ISSUER, "--resource-group", "identities",
                                  "--location", "westeurope", *words)
                self.assertEqual(done.returncode, 0, done.stderr)
                row = next(row for row in self.state.read()["identities"] if row["name"] == name)
                self.assertIn(f"created  identity {name}", done.stdout)
                self.assertIn(f"set      clientID of SecretProviderClass team-shop/shop to {row['clientId']}", done.stdout)
                self.assertIn((row["principalId"], "Key Vault Secrets User", "kv-shop"), self.grants())
        self.assertEqual(self.state.calls("identity create")[0][1]["location"], "westeurope")

    def test_roles_on_objects(self):
        done = self.setup(manifests(objects=["secret a", "key k"]), "--apply", "--issuer", ISSUER, "--role-scope", "object")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.grants(), {("p-shop", "Key Vault Secrets User", "kv-shop/secrets/a"),
                                         ("p-shop", "Key Vault Crypto User", "kv-shop/keys/k")})

    def test_an_inherited_role_is_enough(self):
        self.state.change(assignments=[{"id": "1", "principalId": "p-shop", "roleDefinitionName": "Key Vault Secrets User",
                                        "scope": f"/subscriptions/{fake_az.SUBSCRIPTION}"}])
        done = self.setup(manifests(), "--apply", "--issuer", ISSUER)
        self.assertIn("exists   role Key Vault Secrets User", done.stdout)
        self.assertEqual(len(self.state.read()["assignments"]), 1)

    def test_a_vault_with_access_policies_keeps_other_permissions(self):
        mine = {"objectId": "p-shop", "permissions": {"secrets": ["Set"], "keys": ["get"]}}
        other = {"objectId": "p-other", "permissions": {"secrets": ["get"]}}
        # Azure leaves the setting out for old vaults.
        self.state.change(vaults={"kv-shop": {"roles": None, "policies": [mine, other]}})
        words = ["--apply", "--issuer", ISSUER]
        done = self.setup(manifests(objects=["secret a", "key k"]), *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("created  access policy for secrets of kv-shop: get", done.stdout)
        self.assertIn("exists   access policy for keys of kv-shop: get", done.stdout)
        first, second = self.state.read()["vaults"]["kv-shop"]["policies"]
        self.assertEqual((sorted(first["permissions"]["secrets"]), second), (["get", "set"], other))
        self.assertEqual(self.state.read()["assignments"], [])
        self.assertNotIn("created", self.setup(manifests(objects=["secret a", "key k"]), *words).stdout)

    def test_another_clusters_credential_stays(self):
        for issuer in [ISSUER, "https://oidc.other.example/"]:
            self.assertEqual(self.setup(manifests(), "--apply", "--issuer", issuer).returncode, 0)
        self.assertEqual(len(self.state.read()["credentials"]), 2)

    def test_several_identities_vaults_and_accounts(self):
        second = "6e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e21"
        self.state.change(
            identities=[IDENTITY, {**IDENTITY, "name": "stock", "clientId": second, "principalId": "p-stock"}],
            vaults={name: {"roles": True, "policies": []} for name in ["kv-shop", "kv-stock"]})
        text = "---\n".join([manifests(), manifests(name="more", account="worker"),
                             manifests(client=second, name="stock", account="stock", vault="kv-stock", objects=["key k"])])
        done = self.setup(text, "--apply", "--issuer", ISSUER)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.grants(), {("p-shop", "Key Vault Secrets User", "kv-shop"),
                                         ("p-stock", "Key Vault Crypto User", "kv-stock")})
        self.assertEqual({(row["identity"], row["subject"].rsplit(":", 1)[1]) for row in self.state.read()["credentials"]},
                         {("shop", "web"), ("shop", "worker"), ("stock", "stock")})

    def test_it_stops_at_the_first_failure_and_goes_on_later(self):
        words = ["--apply", "--issuer", ISSUER]
        for call, said in [("role assignment create", "Role Based Access Control Administrator"),
                           ("identity federated-credential create", "Managed Identity Contributor"),
                           ("identity list", "Reader"), ("account show", "az login")]:
            with self.subTest(call):
                self.state.change(failing=[call], credentials=[], assignments=[])
                done = self.setup(manifests(), *words)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, rf"setup: .*\nTo fix: .*{said}")
                self.assertIn("AuthorizationFailed", done.stderr)
                self.assertEqual(self.state.calls()[-1][0], call)
        self.state.change(failing=[])
        self.assertEqual(self.setup(manifests(), *words).returncode, 0)

    def test_missing_objects_in_azure_are_reported(self):
        words = ["--apply", "--issuer", ISSUER]
        for changes, text, said in [
            ({"identities": []}, manifests(), "no user-assigned identity .* has the client id"),
            ({"vaults": {}}, manifests(), "az keyvault create --name kv-shop"),
            ({"tenant": "88888888-8888-4888-8888-888888888888"}, manifests(), "az login --tenant 99999999"),
            ({"cloud": "AzureChinaCloud"}, manifests(), "az cloud set --name AzureCloud"),
            ({}, manifests(extra="{cloudName: AzureUSGovernmentCloud}"), "az cloud set --name AzureUSGovernment"),
        ]:
            with self.subTest(said):
                before = self.state.read()
                self.state.change(**changes)
                done = self.setup(text, *words)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertRegex(done.stderr, said)
                self.assertEqual(self.state.read()["assignments"], [])
                self.state.path.write_text(fake_az.json.dumps(before))
        done = self.setup(manifests(client=PLACEHOLDER), *words, "--resource-group", "absent")
        self.assertRegex(done.stderr, "az group create --name absent")
        self.state.change(clusters={"production": None})
        done = self.setup(manifests(), "--apply", "--cluster", "production", "--cluster-resource-group", "clusters")
        self.assertEqual(done.returncode, 1)

    def test_without_az(self):
        (self.directory / "az").unlink()
        done = self.setup(manifests(), "--apply", "--issuer", ISSUER)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the Azure CLI, az, is not installed", done.stderr)

    def test_values_that_are_missing(self):
        self.script(manifests())
        done = self.bash()
        self.assertEqual((done.returncode, self.state.calls()), (1, []))
        self.assertIn("CLUSTER is not set", done.stderr)
        done = self.setup(manifests(), "--apply")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--apply needs --cluster", done.stderr)

    def test_classes_that_are_left_out(self):
        for text, words, said in [
            (manifests(extra='{usePodIdentity: "true"}', client=""), [], "akv-csi migrate"),
            (manifests(client=""), [], "akv-csi migrate"),
            (manifests(extra='{useVMManagedIdentity: "true"}', client=""), [], "system-assigned"),
            (manifests(workload=False), [], "--service-account NAME"),
            (manifests(namespace=""), [], "--namespace NAMESPACE"),
            (manifests(vault="a b"), [], "akv-csi check shop.yaml"),
        ]:
            with self.subTest(said):
                done = self.setup(text, *words)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn(said, done.stderr)
        for text, words in [(manifests(workload=False), ["--service-account", "web"]),
                            (manifests(namespace=""), ["--namespace", "team-shop"])]:
            self.script(text, *words)
            self.assertEqual(self.bash(CLUSTER="production", CLUSTER_RESOURCE_GROUP="clusters").returncode, 0)
            self.assertEqual(self.state.read()["credentials"][-1]["subject"], "system:serviceaccount:team-shop:web")
        # The others are set up, and the exit code shows that one is not.
        done = self.setup("---\n".join([manifests(), manifests(name="old", client="")]), "--apply", "--issuer", ISSUER)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Left out: SecretProviderClass team-shop/old", done.stderr)
        self.assertIn("New roles and credentials", done.stdout)

    def test_other_identity_modes(self):
        for extra, command in [('{useVMManagedIdentity: "true", userAssignedIdentityID: "%s"}' % CLIENT, "az vmss identity assign"),
                               ('{useAzureTokenProxy: "true"}', "az aks identity-binding create")]:
            with self.subTest(command):
                done = self.setup(manifests(extra=extra), "--apply", "--issuer", ISSUER)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"yours    {command}", done.stdout)
                self.assertEqual(self.state.read()["credentials"], [])
                self.assertIn(("p-shop", "Key Vault Secrets User", "kv-shop"), self.grants())

    def test_manifests_cannot_run_anything(self):
        mark = self.directory / "mark"
        for evil in [f"$(touch {mark})", f"`touch {mark}`", f"'; touch {mark}; '", f"a\n touch {mark}", f"a\nTEXT\ntouch {mark}",
                     f"\"; touch {mark} #", "a\r\x1b]0;x\x07", f"x'] || [?a=='`touch {mark}`"]:
            for text in [manifests(name=evil), manifests(namespace=evil), manifests(account=evil), manifests(client=evil),
                         manifests(tenant=evil), manifests(vault=evil), manifests(objects=[]) + f"# {evil!r}"]:
                with self.subTest(evil):
                    done = self.setup(text, "--issuer", ISSUER, "--resource-group", "identities")
                    self.assertIn(done.returncode, (0, 1), done.stderr)
                    self.assertNotRegex(done.stdout + done.stderr, r"[\x00-\x08\x0b-\x1f\x7f]")
                    (self.directory / "setup.sh").write_text(done.stdout)
                    self.bash()
                    self.assertFalse(mark.exists(), done.stdout)
        for option in ["--issuer", "--cluster", "--identity", "--resource-group", "--location", "--namespace"]:
            done = self.setup(manifests(), option, f"$(touch {mark})")
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)

    def test_the_class_mounts(self):
        text = manifests(objects=["secret db-password", "key signing"])
        self.assertEqual(self.setup(text, "--apply", "--issuer", ISSUER).returncode, 0)
        state = self.state.read()
        credential = state["credentials"][0]
        # An emulated Azure with exactly the objects that the script has set up.
        seed = {
            "clusterIssuer": ISSUER,
            "identities": [{"name": "shop", "clientID": CLIENT, "tenantID": fake_az.TENANT, "federatedCredentials": [
                {"subject": credential["subject"], "issuer": credential["issuer"], "audience": credential["audiences"][0]}]}],
            "vaults": [{"name": "kv-shop", "tenantID": fake_az.TENANT,
                        "access": [{"identity": "shop", "role": row["roleDefinitionName"]} for row in state["assignments"]],
                        "secrets": [{"name": "db-password", "value": "correct-horse"}],
                        "keys": [{"name": "signing", "type": "EC"}]}]}
        (self.directory / "seed.yaml").write_text(yaml.safe_dump(seed))
        world = w.World(seed=self.directory / "seed.yaml")
        self.addCleanup(world.stop)
        world.start_provider()
        (self.directory / "token").write_text(world.token("web", namespace="team-shop"))
        subprocess.run([w.PROGRAMS / "akv-csi", "mount", "--file", self.directory / "shop.yaml", "--endpoint",
                        f"unix://{world.socket}", "--token-file", self.directory / "token", "--target",
                        self.directory / "volume"], check=True, stdout=subprocess.DEVNULL, timeout=w.DEADLINE)
        self.assertEqual((self.directory / "volume/db-password").read_text(), "correct-horse")


if __name__ == "__main__":
    unittest.main()
