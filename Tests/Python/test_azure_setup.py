"""The Azure side of a workload: the Terraform module and the script create the same, and a mount works with it."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import hcl2
import yaml

import world as w

MODULE = w.ROOT / "deploy/terraform"
ISSUER = "https://oidc.akv-emulator.example/cluster/"
SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/group"
IDENTITY = {"clientId": "5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20", "principalId": "77777777-3f5b-4f1f-9d6e-6d3b8a1c7e20",
            "tenantId": w.TENANT}

# An Azure CLI that accepts these calls, records them in a file, and responds as the real one does.
AZ = """#!{python}
import json, sys
words = sys.argv[1:]
options, names, key = {{}}, [], None
for word in words:
    if word.startswith("--"):
        key = word[2:]
    elif key:
        options[key], key = word, None
    else:
        names.append(word)
call = " ".join(names)
with open({log!r}, "a") as file:
    print(json.dumps([call, options]), file=file)
with open({log!r}) as file:
    made = [json.loads(line)[0] for line in file]
if call == "identity show":
    print({identity!r}[options["query"]])
elif call == "aks show":
    print({issuer!r})
elif call == "keyvault show":
    if "keyvault create" not in made:
        sys.exit(3)
    print("{subscription}/providers/Microsoft.KeyVault/vaults/" + options["name"])
elif call not in ("identity create", "identity federated-credential create", "keyvault create",
                  "role assignment create"):
    sys.exit("no such call: " + call)
"""

COLLECTIONS = {"secret": "secrets", "key": "keys", "cert": "certificates"}


def block(blocks, *labels):
    """The block with those labels, of one kind."""
    for found in blocks:
        for label in labels:
            found = found.get(f'"{label}"', {})
        if found:
            return found
    raise AssertionError(f"no block {labels}")


def text(value):
    """The text of a quoted string; other values unchanged."""
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


class SetupTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="akv-az-", dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.log = self.directory / "calls"
        program = self.directory / "az"
        program.write_text(AZ.format(python=os.sys.executable, log=str(self.log), identity=IDENTITY, issuer=ISSUER,
                                     subscription=SUBSCRIPTION))
        program.chmod(0o755)
        self.module = {path.stem: hcl2.loads(path.read_text()) for path in MODULE.glob("*.tf")}
        self.locals = self.module["main"]["locals"][0]

    def setup(self, *words, check=True):
        done = subprocess.run(
            [MODULE / "setup.sh", "--name", "shop", "--resource-group", "group", "--location", "westeurope", "--vault",
             "kv-shop", "--namespace", "team-shop", "--service-account", "web", *words], capture_output=True, text=True,
            env={"PATH": f"{self.directory}:{os.environ['PATH']}"}, timeout=w.DEADLINE)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done

    def calls(self, name):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [options for call, options in lines if call == name]

    def test_the_script_creates_the_expected_objects(self):
        self.setup("--issuer", ISSUER, "db-password", "key/signing", "cert/tls")
        self.assertEqual(self.calls("identity create")[0]["name"], "shop-identity")
        credential = self.calls("identity federated-credential create")[0]
        self.assertEqual((credential["name"], credential["issuer"], credential["subject"], credential["audiences"]),
                         ("shop-federated", ISSUER, "system:serviceaccount:team-shop:web", "api://AzureADTokenExchange"))
        vault = self.calls("keyvault create")[0]
        self.assertEqual((vault["enable-rbac-authorization"], vault["enable-purge-protection"]), ("true", "true"))
        granted = {(grant["role"], grant["scope"].removeprefix(f"{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults/"))
                   for grant in self.calls("role assignment create")}
        self.assertEqual(granted, {("Key Vault Secrets User", "kv-shop/secrets/db-password"),
                                   ("Key Vault Crypto User", "kv-shop/keys/signing"),
                                   ("Key Vault Certificate User", "kv-shop/certificates/tls")})
        for grant in self.calls("role assignment create"):
            self.assertEqual((grant["assignee-object-id"], grant["assignee-principal-type"]),
                             (IDENTITY["principalId"], "ServicePrincipal"))

    def test_the_whole_vault_and_a_cluster(self):
        self.setup("--aks", "cluster", "--role-scope", "vault", "one", "two", "key/signing")
        self.assertEqual(self.calls("identity federated-credential create")[0]["issuer"], ISSUER)
        self.assertEqual(sorted(grant["role"] for grant in self.calls("role assignment create")),
                         ["Key Vault Crypto User", "Key Vault Secrets User"])
        self.assertTrue(all(grant["scope"].endswith("/vaults/kv-shop")
                            for grant in self.calls("role assignment create")))
        # In a second run, existing objects are not created again.
        self.setup("--aks", "cluster", "one")
        self.assertEqual(len(self.calls("keyvault create")), 1)

    def test_mistakes_create_nothing(self):
        for words in [["--issuer", ISSUER], ["secret"], ["--issuer", ISSUER, "--aks", "cluster", "secret"],
                      ["--issuer", ISSUER, "thing/secret"], ["--issuer", ISSUER, "--role-scope", "group", "secret"],
                      ["--issuer", ISSUER, "--odd", "secret"]]:
            with self.subTest(words):
                self.assertEqual(self.setup(*words, check=False).returncode, 64)
                self.assertFalse(self.log.exists())

    def test_terraform_creates_the_same(self):
        self.setup("--issuer", ISSUER, "db-password", "key/signing", "cert/tls")
        resources = self.module["main"]["resource"]
        identity = block(resources, "azurerm_user_assigned_identity", "this")
        credential = block(resources, "azurerm_federated_identity_credential", "this")
        vault = block(resources, "azurerm_key_vault", "this")
        grant = block(resources, "azurerm_role_assignment", "this")
        made = self.calls("identity federated-credential create")[0]
        self.assertEqual(text(identity["name"]).replace("${var.name}", "shop"), made["identity-name"])
        self.assertEqual(text(credential["name"]).replace("${var.name}", "shop"), made["name"])
        subject = text(self.locals["subject"])
        self.assertEqual(subject.replace("${var.namespace}", "team-shop").replace("${var.service_account}", "web"),
                         made["subject"])
        self.assertEqual(credential["subject"], "${local.subject}")
        self.assertEqual(credential["audience"], ["${var.audience}"])
        variables = self.module["variables"]["variable"]
        self.assertEqual(text(block(variables, "audience")["default"]), made["audiences"])
        self.assertEqual(text(block(variables, "role_scope")["default"]), "object")
        wanted = self.calls("keyvault create")[0]
        self.assertIs(vault["rbac_authorization_enabled"], True)
        self.assertIs(vault["purge_protection_enabled"], True)
        self.assertEqual((str(vault["soft_delete_retention_days"]), text(vault["sku_name"])),
                         (wanted["retention-days"], wanted["sku"]))
        roles = {kind: text(role) for kind, role in self.locals["roles"].items() if not kind.startswith("__")}
        collections = {kind: text(name) for kind, name in self.locals["collections"].items()
                       if not kind.startswith("__")}
        self.assertEqual(collections, COLLECTIONS)
        granted = {grant["scope"].split("/")[-2]: grant["role"] for grant in self.calls("role assignment create")}
        self.assertEqual({collections[kind]: role for kind, role in roles.items()}, granted)
        self.assertEqual((grant["role_definition_name"], grant["scope"], text(grant["principal_type"])),
                         ("${each.value.role}", "${each.value.scope}", "ServicePrincipal"))

    def test_the_documents_say_the_same(self):
        roles = {text(role) for kind, role in self.locals["roles"].items() if not kind.startswith("__")}
        refusals = (w.ROOT / "Sources/Azure/KeyVault/VaultErrorResponse.swift").read_text()
        self.assertEqual(roles, set(re.findall(r'case \.\w+: "(Key Vault [A-Za-z ]+)"', refusals)))
        readme = (MODULE / "README.md").read_text()
        for role in roles:
            self.assertIn(role, readme)
        driver = yaml.safe_load((w.ROOT / "deploy/csidriver.yaml").read_text())
        audience = text(block(self.module["variables"]["variable"], "audience")["default"])
        self.assertEqual([request["audience"] for request in driver["spec"]["tokenRequests"]], [audience])
        declared = {text(name) for variable in self.module["variables"]["variable"] for name in variable
                    if not name.startswith("__")}
        used = {name for path in MODULE.glob("*.tf") for name in re.findall(r"\bvar\.(\w+)", path.read_text())}
        self.assertEqual(used, declared)
        example = hcl2.loads(re.search(r"```hcl\n(.*?)```", readme, re.DOTALL)[1])
        arguments = {name for name in block(example["module"], "payments") if not name.startswith("__")}
        self.assertLessEqual(arguments - {"source"}, declared)

    def template(self, objects):
        """The module's template, as Terraform renders it."""
        source = (MODULE / "secretproviderclass.yaml.tftpl").read_text()
        head, loop = re.fullmatch(r"(.*?)%\{ for object in objects ~\}\n(.*?)%\{ endfor ~\}\n", source, re.DOTALL).groups()
        values = {"name": "shop-keyvault", "namespace": "team-shop", "client_id": IDENTITY["clientId"],
                  "tenant_id": IDENTITY["tenantId"], "vault_name": "kv-shop"}
        passed = re.search(r"templatefile\(.*?\{(.*?)\n\s*\}\)", (MODULE / "outputs.tf").read_text(), re.DOTALL)[1]
        self.assertEqual(set(re.findall(r"(\w+)\s*=", passed)), {*values, "objects"})
        rows = [loop.replace("${object.name}", name).replace("${object.type}", kind) for kind, name in objects]
        return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], head) + "".join(rows)

    def test_the_class_mounts(self):
        printed = self.setup("--issuer", ISSUER, "db-password", "key/signing").stdout
        self.assertEqual(printed, self.template([("secret", "db-password"), ("key", "signing")]))
        grants = self.calls("role assignment create")
        credential = self.calls("identity federated-credential create")[0]
        # An emulated Azure with exactly the objects that the script created.
        seed = {
            "clusterIssuer": ISSUER,
            "identities": [{"name": "shop", "clientID": IDENTITY["clientId"], "tenantID": IDENTITY["tenantId"],
                            "federatedCredentials": [{"subject": credential["subject"], "issuer": credential["issuer"],
                                                      "audience": credential["audiences"]}]}],
            "vaults": [{"name": "kv-shop", "tenantID": w.TENANT,
                        "access": [{"identity": "shop", "role": grant["role"],
                                    "object": "/".join(grant["scope"].split("/")[-2:])} for grant in grants],
                        "secrets": [{"name": "db-password", "value": "correct-horse"}],
                        "keys": [{"name": "signing", "type": "EC"}]}]}
        (self.directory / "seed.yaml").write_text(yaml.safe_dump(seed))
        (self.directory / "class.yaml").write_text(printed)
        world = w.World(seed=self.directory / "seed.yaml")
        self.addCleanup(world.stop)
        world.start_provider()
        (self.directory / "token").write_text(world.token("web", namespace="team-shop"))
        volume = self.directory / "volume"
        subprocess.run([w.PROGRAMS / "akv-csi", "mount", "--file", self.directory / "class.yaml", "--service-account",
                        "web", "--endpoint", f"unix://{world.socket}", "--token-file", self.directory / "token",
                        "--target", volume], check=True, stdout=subprocess.DEVNULL, timeout=w.DEADLINE)
        self.assertEqual((volume / "db-password").read_text(), "correct-horse")
        self.assertIn("BEGIN PUBLIC KEY", (volume / "signing").read_text())

    def test_the_script_is_well_formed(self):
        scripts = [MODULE / "setup.sh"]
        for script in scripts:
            subprocess.run(["bash", "-n", script], check=True)
        subprocess.run(["shellcheck", *scripts], check=True)


if __name__ == "__main__":
    unittest.main()
