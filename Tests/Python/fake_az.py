"""An Azure CLI for tests: it knows the commands of `akv-csi setup`, keeps what they create in a file, evaluates --query
with the real JMESPath, and writes --output tsv as az does.

`install(directory, state)` puts it as `az` into a directory; a test reads and changes its `State`.
"""

import json
import os
import pathlib
import sys

import jmespath

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "99999999-9999-4999-8999-999999999999"
FLAGS = {"only-show-errors", "include-inherited", "all"}
MANY = {"audiences", "secret-permissions", "key-permissions", "certificate-permissions"}
# The options of each command, in addition to those of all commands.
COMMANDS = {
    "cloud show": set(),
    "account show": set(),
    "aks show": {"name", "resource-group"},
    "identity list": {"resource-group"},
    "identity create": {"name", "resource-group", "location"},
    "identity federated-credential list": {"identity-name", "resource-group"},
    "identity federated-credential show": {"name", "identity-name", "resource-group"},
    "identity federated-credential create": {"name", "identity-name", "resource-group", "issuer", "subject", "audiences"},
    "keyvault show": {"name"},
    "keyvault set-policy": {"name", "object-id", "secret-permissions", "key-permissions", "certificate-permissions"},
    "role assignment list": {"scope", "include-inherited"},
    "role assignment create": {"role", "assignee-object-id", "assignee-principal-type", "scope"},
}


class State:
    """The objects in Azure, in a file that the fake az shares with the test."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.path = self.directory / "azure.json"
        self.log = self.directory / "calls.jsonl"

    def read(self):
        return json.loads(self.path.read_text())

    def change(self, **values):
        self.path.write_text(json.dumps({**self.read(), **values}))

    def calls(self, *names):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = [json.loads(line) for line in lines]
        return [(name, options) for name, options in found if not names or name in names]


def install(directory, **values):
    state = State(directory)
    state.path.write_text(json.dumps({
        "cloud": "AzureCloud", "tenant": TENANT, "subscription": SUBSCRIPTION, "failing": [], "groups": ["identities"],
        "clusters": {}, "identities": [], "credentials": [], "vaults": {}, "assignments": [], **values}))
    program = state.directory / "az"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})\n"
                       f"import fake_az\nfake_az.main({str(directory)!r}, sys.argv[1:])\n")
    program.chmod(0o755)
    return state


def vault_id(name):
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/vaults/providers/Microsoft.KeyVault/vaults/{name}"


def parse(words):
    names, options, key = [], {}, None
    for word in words:
        if word.startswith("--"):
            key = word[2:]
            options[key] = [] if key in MANY else True
        elif key in MANY:
            options[key].append(word)
        elif key is not None and options[key] is True and key not in FLAGS:
            options[key] = word
        elif key is None:
            names.append(word)
        else:
            sys.exit(f"unrecognized arguments: {word}")
    return " ".join(names), options


def tsv(value):
    """Formats as azure-cli's TsvOutput does."""
    def cell(value):
        return str(value).lower() if isinstance(value, bool) else str(value)
    rows = value if isinstance(value, list) else [value]
    return "".join("\t".join(map(cell, row)) + "\n" if isinstance(row, list) else cell(row) + "\n" for row in rows)


def find(rows, **values):
    found = [row for row in rows if all(row[name] == value for name, value in values.items())]
    return found[0] if found else sys.exit("(ResourceNotFound) not found")


def answer(state, call, options):
    """The command's result; changes the state."""
    if call == "cloud show":
        return {"name": state["cloud"]}
    if call == "account show":
        return {"id": state["subscription"], "tenantId": state["tenant"]}
    if call == "aks show":
        cluster = state["clusters"].get(options["name"]) or sys.exit("(ResourceNotFound) no such cluster")
        return {"oidcIssuerProfile": {"issuerUrl": cluster}}
    if call == "identity list":
        group = options.get("resource-group")
        if group and group not in state["groups"]:
            sys.exit(f"(ResourceGroupNotFound) Resource group '{group}' could not be found.")
        return [row for row in state["identities"] if group in (None, row["resourceGroup"])]
    if call == "identity create":
        number = len(state["identities"]) + 1
        row = {"name": options["name"], "resourceGroup": options["resource-group"],
               "clientId": f"c{number:07}-0000-4000-8000-000000000000", "principalId": f"p-{number}"}
        state["identities"].append(row)
        return row
    if call.startswith("identity federated-credential"):
        find(state["identities"], name=options["identity-name"], resourceGroup=options["resource-group"])
        own = [row for row in state["credentials"] if row["identity"] == options["identity-name"]]
        if call.endswith("list"):
            return own
        if call.endswith("show"):
            return find(own, name=options["name"])
        row = {"identity": options["identity-name"], "name": options["name"], "issuer": options["issuer"],
               "subject": options["subject"], "audiences": options["audiences"]}
        # As in Azure, a credential of the same name is replaced.
        state["credentials"] = [old for old in state["credentials"] if (old["identity"], old["name"]) != (row["identity"], row["name"])]
        state["credentials"].append(row)
        return row
    if call.startswith("keyvault"):
        vault = state["vaults"].get(options["name"]) or sys.exit("The Vault could not be found.")
        if call.endswith("set-policy"):
            policy = next((row for row in vault["policies"] if row["objectId"] == options["object-id"]), None)
            if policy is None:
                policy = {"objectId": options["object-id"], "permissions": {}}
                vault["policies"].append(policy)
            for kind in ["secret", "key", "certificate"]:
                if f"{kind}-permissions" in options:
                    policy["permissions"][f"{kind}s"] = options[f"{kind}-permissions"]
        return {"id": vault_id(options["name"]), "properties": {
            "enableRbacAuthorization": vault["roles"], "accessPolicies": vault["policies"]}}
    if call == "role assignment list":
        return [row for row in state["assignments"] if row["scope"] == options["scope"]
                or ("include-inherited" in options and options["scope"].startswith(row["scope"] + "/"))]
    if call == "role assignment create":
        assert options["assignee-principal-type"] == "ServicePrincipal", options
        row = {"id": f"assignment-{len(state['assignments']) + 1}", "principalId": options["assignee-object-id"],
               "roleDefinitionName": options["role"], "scope": options["scope"]}
        state["assignments"].append(row)
        return row
    raise AssertionError(call)


def main(directory, words):
    file = State(directory)
    call, options = parse(words)
    if call not in COMMANDS:
        sys.exit(f"'{call}' is misspelled or not recognized by the system.")
    known = COMMANDS[call] | {"query", "output", "only-show-errors"} | ({"subscription"} if call != "cloud show" else set())
    if unknown := set(options) - known:
        sys.exit(f"unrecognized arguments: {unknown}")
    with file.log.open("a") as log:
        print(json.dumps([call, options]), file=log)
    state = file.read()
    if call in state["failing"]:
        sys.exit("(AuthorizationFailed) The client does not have authorization to perform the action.")
    if options.get("subscription") not in (None, state["subscription"]):
        sys.exit("The subscription doesn't exist in cloud 'AzureCloud'.")
    result = answer(state, call, options)
    file.path.write_text(json.dumps(state))
    if query := options.get("query"):
        result = jmespath.search(query, result)
    if result is not None:
        sys.stdout.write(tsv(result) if options.get("output") == "tsv" else json.dumps(result))
