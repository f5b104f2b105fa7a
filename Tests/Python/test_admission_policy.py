"""The admission policy's expressions, evaluated by a CEL implementation from another project."""

import copy
import json
import pathlib
import unittest

import celpy
import yaml

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


def documents(path):
    return list(yaml.safe_load_all((DEPLOY / path).read_text()))


POLICIES = {d["metadata"]["name"]: d["spec"] for d in documents("admission-policy.yaml")
            if d["kind"] == "ValidatingAdmissionPolicy"}
BINDINGS = [d["spec"] for d in documents("admission-policy.yaml") if d["kind"] == "ValidatingAdmissionPolicyBinding"]
PAYMENTS = {d["kind"]: d for d in documents("examples/payments/payments.yaml")}
ENVIRONMENT = celpy.Environment()
PROGRAMS = {}


def evaluate(expression, context):
    if expression not in PROGRAMS:
        PROGRAMS[expression] = ENVIRONMENT.program(ENVIRONMENT.compile(expression))
    return PROGRAMS[expression].evaluate(context)


def refusals(policy, manifest):
    """The rule ids of the failing validations, or None if the policy does not apply to the object."""
    spec = POLICIES[policy]
    context = {"object": celpy.json_to_cel(manifest)}
    if not all(evaluate(condition["expression"], context) for condition in spec["matchConditions"]):
        return None
    variables = celpy.celtypes.MapType()
    for variable in spec.get("variables", []):
        context["variables"] = variables
        variables[celpy.celtypes.StringType(variable["name"])] = evaluate(variable["expression"], context)
    context["variables"] = variables
    return [validation["message"].split(":")[0] for validation in spec["validations"]
            if not evaluate(validation["expression"], context)]


def secret_provider_class(**parameters):
    manifest = copy.deepcopy(PAYMENTS["SecretProviderClass"])
    for name, value in parameters.items():
        if value is None:
            manifest["spec"]["parameters"].pop(name, None)
        else:
            manifest["spec"]["parameters"][name] = value
    return manifest


def pod(**csi):
    template = copy.deepcopy(PAYMENTS["Deployment"]["spec"]["template"])
    volume = template["spec"]["volumes"][0]["csi"]
    for name, value in csi.items():
        if value is None:
            volume.pop(name)
        else:
            volume[name] = value
    return template


class AdmissionPolicyTest(unittest.TestCase):
    def test_every_policy_is_bound(self):
        self.assertEqual({b["policyName"] for b in BINDINGS}, set(POLICIES))

    def test_accepts_the_example(self):
        self.assertEqual(refusals("azure-secret-provider-class", secret_provider_class()), [])
        self.assertEqual(refusals("azure-secret-provider-class-advice", secret_provider_class()), [])
        self.assertEqual(refusals("secrets-store-volume", pod()), [])

    def test_leaves_others_alone(self):
        manifest = secret_provider_class()
        manifest["spec"] = {"provider": "vault"}
        self.assertIsNone(refusals("azure-secret-provider-class", manifest))
        self.assertIsNone(refusals("azure-secret-provider-class-advice", manifest))
        self.assertIsNone(refusals("secrets-store-volume", pod(driver="disk.csi.azure.com")))
        self.assertIsNone(refusals("secrets-store-volume", {"spec": {"containers": []}}))

    def test_refuses_what_can_never_mount(self):
        for parameters, expected in [
            ({"keyvaultName": None}, "parameter-invalid"),
            ({"keyvaultName": "https://kv.vault.azure.net"}, "parameter-invalid"),
            ({"keyvaultName": "kv"}, "parameter-invalid"),
            ({"tenantID": None}, "parameter-invalid"),
            ({"tenantID": "<tenant>"}, "parameter-invalid"),
            ({"usePodIdentity": "yes"}, "parameter-invalid"),
            ({"usePodIdentity": "true", "useVMManagedIdentity": "1"}, "identity-mode-conflict"),
            ({"objects": None}, "objects-malformed"),
            ({"objects": "- objectName: a"}, "objects-malformed"),
        ]:
            with self.subTest(**parameters):
                found = refusals("azure-secret-provider-class", secret_provider_class(**parameters))
                self.assertEqual(found, [expected])
        without = secret_provider_class()
        del without["spec"]["parameters"]
        self.assertIn("parameter-invalid", refusals("azure-secret-provider-class", without))

    def test_accepts_what_the_provider_accepts(self):
        for parameters in [{"tenantID": None, "tenantId": " x.onmicrosoft.com "}, {"keyvaultName": " kv-a "},
                           {"usePodIdentity": ""}, {"useVMManagedIdentity": "T"}]:
            with self.subTest(**parameters):
                self.assertEqual(refusals("azure-secret-provider-class", secret_provider_class(**parameters)), [])

    def test_refuses_secret_objects_that_cannot_be_written(self):
        manifest = secret_provider_class()
        manifest["spec"]["secretObjects"] = [{"secretName": "a", "type": "Opaque"}]
        self.assertEqual(refusals("azure-secret-provider-class", manifest), ["secret-object-invalid"])
        manifest["spec"]["secretObjects"] = [
            {"secretName": "a", "type": "kubernetes.io/tls", "data": [{"objectName": "a", "key": "cert"}]}]
        self.assertEqual(refusals("azure-secret-provider-class", manifest), ["secret-object-tls-key"])

    def test_warns_of_likely_mistakes(self):
        policy = "azure-secret-provider-class-advice"
        self.assertEqual(refusals(policy, secret_provider_class(clientId="x")), ["parameter-unknown"])
        self.assertEqual(refusals(policy, secret_provider_class(usePodIdentity="true")), ["mode-deprecated"])

    def test_refuses_volumes_that_the_driver_or_provider_would_refuse(self):
        for csi, expected in [
            ({"readOnly": None}, "volume-not-read-only"), ({"readOnly": False}, "volume-not-read-only"),
            ({"volumeAttributes": None}, "volume-attribute"),
            ({"volumeAttributes": {}}, "volume-attribute"),
            ({"volumeAttributes": {"secretProviderClass": "x", "keyvaultName": "other"}}, "parameter-overridden"),
        ]:
            with self.subTest(**csi):
                self.assertEqual(refusals("secrets-store-volume", pod(**csi)), [expected])

    def test_refuses_every_parameter_in_volume_attributes(self):
        schema = json.loads((DEPLOY / "schema/secretproviderclass.json").read_text())
        parameters = set(schema["$defs"]["parameters"]["properties"])
        self.assertIn("fallbackVault", parameters)
        for name in sorted(parameters) + ["aParameterOfALaterVersion", "SecretProviderClass", "files "]:
            with self.subTest(name=name):
                attributes = {"secretProviderClass": "x", name: "other"}
                found = refusals("secrets-store-volume", pod(volumeAttributes=attributes))
                self.assertEqual(found, ["parameter-overridden"])

    def test_refuses_a_class_name_in_another_letter_case(self):
        found = refusals("secrets-store-volume", pod(volumeAttributes={"secretproviderclass": "x"}))
        self.assertEqual(found, ["volume-attribute", "parameter-overridden"])

    def test_messages_name_rules_of_the_check(self):
        page = (DEPLOY.parent / "docs/use/check.md").read_text()
        for spec in POLICIES.values():
            for validation in spec["validations"]:
                self.assertIn(f"`{validation['message'].split(':')[0]}`", page)


if __name__ == "__main__":
    unittest.main()
