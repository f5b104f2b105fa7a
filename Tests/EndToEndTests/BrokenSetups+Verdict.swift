import Azure
import AzureEmulator
import Diagnostics
import Foundation
import ProviderCore
import TestSupport

/// Set-ups with several failed steps, of which one is the cause.
extension BrokenSetup {
    private static let otherTenant = "88888888-8888-4888-8888-888888888888"
    private static let missingTenant = "77777777-7777-4777-8777-777777777777"
    private static let annotated = "azure.workload.identity/client-id: \(EmulatedEnvironment.reader)"

    /// Moves this machine's clock.
    private static func shift(_ seconds: Int, _ tested: inout SetupUnderTest) {
        let time = tested.settings.time
        tested.settings.time.wallClock = { time.wallClock() + seconds }
    }

    static let clocks = [
        BrokenSetup("a clock a little ahead", "clock", ["s ahead of Entra's", "timedatectl set-ntp true"]) {
            shift(900, &$0)
        },
        BrokenSetup(
            "a clock so far ahead that the token looks expired", "clock", ["ahead of Entra's"], not: ["expired"]
        ) { shift(7200, &$0) },
        BrokenSetup("a clock a little behind", "clock", ["s behind Entra's"]) { shift(-900, &$0) },
        BrokenSetup(
            "a clock so far behind that certificates are not valid yet", "clock",
            ["this machine's clock is behind: the token was issued"]
        ) { shift(-7200, &$0) },
        BrokenSetup("a clock that only a vault can be compared with", "clock", ["ahead of kv-tests's"]) {
            shift(7200, &$0)
            $0.parameters["useVMManagedIdentity"] = "true"
        },
        BrokenSetup("a clock that only the token can be compared with", "clock", ["the token was issued"]) {
            shift(-7200, &$0)
            $0.settings.proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:1"])
        },
    ]

    private static func podToken(audience: String) -> @Sendable (inout SetupUnderTest) async throws -> Void {
        forged(
            payload: """
                {"iss":"https://login.localhost/tests/","sub":"system:serviceaccount:team-a:reader","aud":["\(audience)"],"exp":99999999999,"kubernetes.io":{"pod":{"name":"web-0","uid":"1"}}}
                """)
    }

    static let audiences = [
        BrokenSetup(
            "a token made by hand for another audience", "token-audience",
            ["api://Other", "kubectl create token reader --namespace team-a --audience api://AzureADTokenExchange"],
            not: ["csidriver", "tokenRequests"]
        ) { $0.token = try await $0.world.token(audience: "api://Other") },
        BrokenSetup(
            "a token of a CSIDriver for another provider", "token-audience",
            [
                "to the Helm value tokenRequests", "secrets-store-csi-driver.tokenRequests", "--type json",
                #"[{"op":"add","path":"/spec/tokenRequests/-","value":{"audience":"api://AzureADTokenExchange"}}]"#,
            ], podToken(audience: "vault")),
        BrokenSetup(
            "a pod's other token, where the CSIDriver is right", "token-audience",
            ["comes from elsewhere", "kubectl create token"], not: ["kubectl patch"]
        ) {
            try await podToken(audience: "vault")(&$0)
            $0.rest =
                driver
                + "requiresRepublish: true, tokenRequests: [{audience: vault}, {audience: api://AzureADTokenExchange}]}"
        },
    ]

    static let identities = [
        BrokenSetup(
            "a client in the vault's tenant, and a class with another", "vault-challenge",
            [
                "the vault belongs to tenant \(EmulatedEnvironment.tenant)",
                "set tenantID: \(EmulatedEnvironment.tenant)",
            ]
        ) { $0.parameters["tenantID"] = otherTenant },
        BrokenSetup(
            "a client and a class in another tenant than the vault", "vault-challenge",
            ["set tenantID: \(EmulatedEnvironment.tenant)"]
        ) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-000000000006"
            $0.parameters["tenantID"] = otherTenant
        },
        BrokenSetup(
            "a tenant that does not exist", "vault-challenge", ["set tenantID: \(EmulatedEnvironment.tenant)"]
        ) { $0.parameters["tenantID"] = missingTenant },
        BrokenSetup(
            "another tenant by its domain", "vault-challenge",
            ["the class says contoso.example, which is \(otherTenant)", "set tenantID: \(EmulatedEnvironment.tenant)"]
        ) {
            $0.parameters["tenantID"] = "contoso.example"
            canned(
                CannedAnswers.metadata, 200,
                #"{"token_endpoint":"x","issuer":"https://login.microsoftonline.com/\#(otherTenant)/v2.0"}"#)(&$0)
        },
        BrokenSetup(
            "a tenant that does not exist, and a vault that does not say its own", "entra-tenant",
            ["tenant \(missingTenant) does not exist", "90002", "az account show", "cloudName"],
            faults: ["status status=503 target=vault"]
        ) { $0.parameters["tenantID"] = missingTenant },
        BrokenSetup(
            "the same with the tenant in an annotation", "entra-tenant",
            ["set tenantID: \(EmulatedEnvironment.tenant)", "azure.workload.identity/tenant-id"],
            faults: ["status status=503 target=vault"]
        ) {
            $0.parameters["tenantID"] = missingTenant
            $0.annotate("azure.workload.identity/tenant-id: \(EmulatedEnvironment.tenant)")
        },
        BrokenSetup(
            "a client that does not exist, and another in the annotation", "exchange",
            ["0000000000ff, the ServiceAccount's annotation", "set clientID: \(EmulatedEnvironment.reader)"]
        ) {
            client("ff")(&$0)
            $0.annotate(annotated)
        },
        BrokenSetup(
            "a client without a credential for the pod, and another in the annotation", "exchange",
            ["set clientID: \(EmulatedEnvironment.reader)"]
        ) {
            client("03")(&$0)
            $0.annotate(annotated)
        },
        BrokenSetup(
            "a client without a role, and another in the annotation", "object",
            ["set clientID: \(EmulatedEnvironment.reader)"], not: ["az role"]
        ) {
            client("c2")(&$0)
            $0.annotate(annotated)
        },
        BrokenSetup(
            "an outage, whatever the annotation has", "exchange", ["Entra ID throttles client"], not: ["set clientID"]
        ) {
            client("c2")(&$0)
            $0.annotate(annotated)
            entraError(50196, 429, "temporarily_unavailable")(&$0)
        },
    ]

    private static let roleForBoth =
        "for name in plain shared; do az role assignment create --role 'Key Vault Secrets User'"

    static let lookAlikes = [
        BrokenSetup(
            "another type, not found", "object", ["there is a secret of that name", "write objectType: secret"],
            objects(EmulatedEnvironment.object("cert", "plain"))),
        BrokenSetup(
            "another type, forbidden", "object", ["the secret of that name may be read", "write objectType: secret"],
            not: ["az role"]
        ) {
            client("c4")(&$0)
            objects(EmulatedEnvironment.object("key", "plain"))(&$0)
        },
        BrokenSetup(
            "a certificate of which only the secret may be read", "object",
            ["objectType: secret may be read", "--role 'Key Vault Certificate User'", "'/certificates/site-pem'"]
        ) {
            client("c4")(&$0)
            objects(EmulatedEnvironment.object("cert", "site-pem"))(&$0)
        },
        BrokenSetup(
            "a deleted secret", "object",
            [
                "it was deleted and can be recovered",
                "az keyvault secret recover --vault-name 'kv-tests' --name 'deleted'",
            ]
        ) {
            _ = $0.world.emulator.setSecret("deleted", in: "kv-tests", value: "never seen")
            try $0.world.emulator.deleteSecret("deleted", in: "kv-tests")
            objects(EmulatedEnvironment.object("secret", "deleted"))(&$0)
        },
        BrokenSetup(
            "a disabled secret", "object",
            ["az keyvault secret set-attributes --vault-name 'kv-tests' --name 'disabled' --enabled true"],
            objects(EmulatedEnvironment.object("secret", "disabled"))),
        BrokenSetup(
            "a version that does not exist", "object",
            ["this version of it does not", "leave objectVersion out", "az keyvault secret list-versions"],
            objects(
                EmulatedEnvironment.object("secret", "history", "objectVersion: \"0000000000000000000000000000000f\""))),
        BrokenSetup("no role for two objects", "object", ["these fail too: secret shared", roleForBoth]) {
            client("c2")(&$0)
            objects(EmulatedEnvironment.object("secret", "plain"), EmulatedEnvironment.object("secret", "shared"))(&$0)
        },
        BrokenSetup(
            "objects that fail for two reasons", "object",
            ["these fail too: secret disabled", "az keyvault secret list", "--name 'disabled' --enabled true"],
            objects(EmulatedEnvironment.object("secret", "nothing"), EmulatedEnvironment.object("secret", "disabled"))),
    ]
}
