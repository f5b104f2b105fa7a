"""A stand-in for az with the few calls of the quick start and setup.sh, and the cluster that uses the created objects."""

import json
import os
import subprocess

import yaml

import cluster
import world as w
from page import Refused

# The options of each call, as `az CALL --help` lists them. All calls also have those of the last line.
CALLS = {
    "account show": "",
    "acr create": "name resource-group sku location admin-enabled",
    "acr login": "name expose-token",
    "ad signed-in-user show": "",
    "aks create": "name resource-group location node-count node-vm-size enable-oidc-issuer attach-acr generate-ssh-keys",
    "aks get-credentials": "name resource-group admin context file overwrite-existing",
    "aks show": "name resource-group",
    "group create": "name location tags",
    "group delete": "name yes no-wait",
    "identity create": "name resource-group location",
    "identity federated-credential create": "name identity-name resource-group issuer subject audiences",
    "identity show": "name resource-group",
    "keyvault create": "name resource-group location sku enable-rbac-authorization enable-purge-protection retention-days",
    "keyvault purge": "name location",
    "keyvault secret list": "vault-name",
    "keyvault secret set": "vault-name name value",
    "keyvault show": "name resource-group",
    "role assignment create": "role scope assignee-object-id assignee-principal-type",
}
EVERYWHERE = {"output", "query", "subscription", "only-show-errors"}
SWITCHES = ("yes", "no-wait", "generate-ssh-keys", "enable-oidc-issuer", "admin", "overwrite-existing")

TENANT = "9f1c6a1e-52d4-4a0e-8c5b-0d7a3f6e2b11"
USER = "88888888-3f5b-4f1f-9d6e-6d3b8a1c7e20"
ISSUER = f"https://westeurope.oic.prod-aks.azure.com/{TENANT}/6d0c0e56-52d4-4a0e-8c5b-0d7a3f6e2b11/"
SECRETS_USER, SECRETS_OFFICER = "Key Vault Secrets User", "Key Vault Secrets Officer"


class AzureStandIn(cluster.Cluster):
    """Azure and a cluster in it. A pod gets its files if identity, credential, role, class and image match."""

    def __init__(self, directory):
        super().__init__(directory)
        self.groups, self.registries, self.vaults, self.identities = {}, set(), {}, {}
        self.credentials, self.roles = [], []
        # A new role has no effect at first.
        self.refusals = 2

    def az(self, words, place, text):
        found, rest, _ = cluster.options(words, *SWITCHES)
        call = " ".join(rest)
        if call not in CALLS:
            raise Refused(f"az {call} is not a call that this stand-in knows")
        unknown = set(found) - set(CALLS[call].split()) - EVERYWHERE
        if unknown:
            raise Refused(f"az {call}: unrecognized arguments: {unknown}")
        values = {name: value[-1] for name, value in found.items()}
        for name, value in values.items():
            if not value and name not in SWITCHES:
                raise Refused(f"az {call}: --{name} is empty")
        if values.get("resource-group", "quick") not in ["quick", *self.groups]:
            raise Refused(f"az {call}: no group {values['resource-group']}")
        result = getattr(self, "az_" + call.replace(" ", "_").replace("-", "_"))(values)
        return "" if values.get("output") == "none" or result is None else f"{result}\n"

    def az_account_show(self, values):
        return {"tenantId": TENANT}[values["query"]]

    def az_acr_create(self, values):
        if not (values["name"].isalnum() and 5 <= len(values["name"]) <= 50):
            raise Refused("the name of a registry has 5 to 50 letters and digits")
        self.registries.add(values["name"])

    def az_acr_login(self, values):
        if values["name"] not in self.registries:
            raise Refused("the registry does not exist")
        return "Login Succeeded"

    def az_ad_signed_in_user_show(self, values):
        return {"id": USER}[values["query"]]

    def az_aks_create(self, values):
        if "enable-oidc-issuer" not in values or values["attach-acr"] not in self.registries:
            raise Refused("the cluster needs an issuer and may pull from an existing registry")

    def az_aks_get_credentials(self, values):
        return f"Merged \"{values['name']}\" as current context in /home/you/.kube/config"

    def az_aks_show(self, values):
        return {"oidcIssuerProfile.issuerUrl": ISSUER}[values["query"]]

    def az_group_create(self, values):
        self.groups[values["name"]] = values["location"]

    def az_group_delete(self, values):
        if "yes" not in values:
            raise Refused("az would ask")
        del self.groups[values["name"]]

    def az_identity_create(self, values):
        number = len(self.identities) + 1
        self.identities.setdefault(values["name"], {
            "clientId": f"5e9c2a64-3f5b-4f1f-9d6e-{number:012}", "principalId": f"77777777-3f5b-4f1f-9d6e-{number:012}", "tenantId": TENANT})

    def az_identity_show(self, values):
        return self.identities[values["name"]][values["query"]]

    def az_identity_federated_credential_create(self, values):
        if values["issuer"] != ISSUER or values["audiences"] != "api://AzureADTokenExchange":
            raise Refused("a credential that no token of the cluster fits")
        self.credentials.append((self.identities[values["identity-name"]]["clientId"], values["subject"]))

    def az_keyvault_create(self, values):
        if len(values["name"]) > 24 or values["enable-rbac-authorization"] != "true":
            raise Refused("a vault of that name, or without roles, does not serve the page")
        self.vaults[values["name"]] = {}

    def az_keyvault_purge(self, values):
        del self.vaults[values["name"]]

    def az_keyvault_show(self, values):
        if values["name"] not in self.vaults:
            raise Refused("the vault does not exist")
        return {"id": self.vault_id(values["name"])}[values.get("query", "id")]

    def az_keyvault_secret_list(self, values):
        return {"[].name": "\n".join(sorted(self.vaults[values["vault-name"]]))}[values["query"]]

    def az_keyvault_secret_set(self, values):
        self.refusals -= 1
        if (USER, SECRETS_OFFICER, self.vault_id(values["vault-name"])) not in self.roles or self.refusals > 0:
            raise Refused("Forbidden: the caller has no role that allows this")
        self.vaults[values["vault-name"]][values["name"]] = values["value"]

    def az_role_assignment_create(self, values):
        known = {USER: "User", **{identity["principalId"]: "ServicePrincipal" for identity in self.identities.values()}}
        # Without the type, az looks for the principal in a directory that may not contain it yet.
        if known.get(values["assignee-object-id"]) != values["assignee-principal-type"]:
            raise Refused("no principal of that type")
        self.roles.append((values["assignee-object-id"], values["role"], values["scope"]))

    def vault_id(self, name):
        [group] = self.groups
        return f"/subscriptions/0/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"

    # MARK: the cluster

    def kubectl(self, words, place, text):
        if words[0] == "get" and words[1] == "--raw":
            return json.dumps({"issuer": ISSUER})
        if words[0] == "describe":
            self.named(words[1], words[words.index("--namespace") + 1])
            return "Events:  <none>\n"
        return super().kubectl(words, place, text)

    def jq(self, words, place, text):
        return f"{json.loads(text)[words[1].lstrip('.')]}\n"

    def start(self, manifest):
        if manifest["kind"] == "DaemonSet":
            for item in manifest["spec"]["template"]["spec"]["containers"]:
                self.stage(item["image"])
        if manifest["kind"] == "Pod":
            self.files(manifest)

    def files(self, pod):
        """The content of the pod's volume; an error if Azure or the provider would refuse it."""
        namespace, account = pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]
        attributes = pod["spec"]["volumes"][0]["csi"]["volumeAttributes"]
        manifests = [self.objects["ServiceAccount", namespace, account],
                     self.objects["SecretProviderClass", namespace, attributes["secretProviderClass"]], pod]
        file = self.directory / "checked.yaml"
        file.write_text(yaml.safe_dump_all(manifests))
        result = subprocess.run([w.PROGRAMS / "akv-csi", "check", file], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Refused(result.stdout + result.stderr)
        parameters = manifests[1]["spec"]["parameters"]
        names = [yaml.safe_load(item)["objectName"] for item in yaml.safe_load(parameters["objects"])["array"]]
        client = parameters["clientID"]
        if (client, f"system:serviceaccount:{namespace}:{account}") not in self.credentials or parameters["tenantID"] != TENANT:
            raise Refused(f"AADSTS700213: {client} does not trust {account}")
        [principal] = [identity["principalId"] for identity in self.identities.values() if identity["clientId"] == client]
        vault = self.vault_id(parameters["keyvaultName"])
        for name in names:
            if not {(principal, SECRETS_USER, vault), (principal, SECRETS_USER, f"{vault}/secrets/{name}")} & set(self.roles):
                raise Refused(f"{client} may not read {name}")
        return {name: self.vaults[parameters["keyvaultName"]][name] for name in names}

    def execute(self, manifest, command):
        """Runs a command over the files, which the driver has brought up to date if rotation is on."""
        if self.driver_values().get("enableSecretRotation") is not True:
            raise Refused("without rotation the files never change")
        target = self.empty("volume")
        for name, value in self.files(manifest).items():
            (target / name).write_text(value)
        [mount] = manifest["spec"]["containers"][0]["volumeMounts"]
        words = [word.replace(mount["mountPath"], str(target)) for word in command]
        result = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        if result.returncode != 0:
            raise Refused(f"command terminated with exit code {result.returncode}")
        return result.stdout if result.stdout.endswith("\n") else result.stdout + "\n"
