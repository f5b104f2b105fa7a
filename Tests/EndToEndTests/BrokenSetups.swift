import Azure
import AzureEmulator
import Diagnostics
import Foundation
import ProviderCore
import ProviderTransport

extension BrokenSetup {
    static let all =
        tokens + federation + entra + network + vault + cluster + clocks + audiences + identities + lookAlikes

    static func client(_ last: String) -> @Sendable (inout SetupUnderTest) -> Void {
        { $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-0000000000\(last)" }
    }

    static func objects(_ items: String...) -> @Sendable (inout SetupUnderTest) -> Void {
        { $0.parameters["objects"] = EmulatedEnvironment.array(items) }
    }

    static func canned(_ part: String, _ status: Int, _ body: String)
        -> @Sendable (inout SetupUnderTest) -> Void
    {
        { $0.settings.transport = CannedAnswers(base: $0.settings.transport, answers: [(part, status, body)]) }
    }

    static func entraError(_ number: Int, _ status: Int = 400, _ error: String = "invalid_grant")
        -> @Sendable (inout SetupUnderTest) -> Void
    {
        canned(
            "/oauth2/v2.0/token", status,
            "{\"error\":\"\(error)\",\"error_description\":\"AADSTS\(number): refused.\",\"error_codes\":[\(number)]}")
    }

    /// A token with the given issuer and subject.
    static func forged(issuer: String) -> @Sendable (inout SetupUnderTest) async throws -> Void {
        forged(
            payload: """
                {"iss":"\(issuer)","sub":"system:serviceaccount:team-a:reader","aud":["api://AzureADTokenExchange"],"exp":99999999999}
                """)
    }

    static let driver =
        "---\nkind: CSIDriver\nmetadata: {name: secrets-store.csi.k8s.io}\nspec: {podInfoOnMount: true, volumeLifecycleModes: [Ephemeral], "

    /// A token of the cluster in which one part is replaced.
    static func forged(header: String? = nil, payload: String? = nil)
        -> @Sendable (inout SetupUnderTest) async throws -> Void
    {
        { tested in
            var parts = (tested.token ?? "").split(separator: ".").map(String.init)
            func encoded(_ text: String) -> String {
                Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").filter {
                    $0 != "="
                }
            }
            if let header { parts[0] = encoded(header) }
            if let payload { parts[1] = encoded(payload) }
            tested.token = parts.joined(separator: ".")
        }
    }

    private static let tokens = [
        BrokenSetup(
            "no token at all", "token-given",
            ["kubectl create token reader --namespace team-a --audience api://AzureADTokenExchange"]
        ) { $0.token = nil },
        BrokenSetup("a namespace that would be a command", "token-given", ["--namespace 'x; reboot'"]) {
            $0.token = nil
            $0.namespace = "x; reboot"
        },
        BrokenSetup("no token but words", "token-given", ["not a JSON Web Token"]) { $0.token = "secret" },
        BrokenSetup(
            "another account's token", "token-subject",
            ["system:serviceaccount:team-a:writer", "serviceAccountName: reader"]
        ) { $0.token = try await $0.world.token("writer") },
        BrokenSetup("an expired token", "token-time", ["expired at", "kubectl create token"]) {
            $0.token = try await $0.world.token(lifetime: -60)
        },
        BrokenSetup(
            "a token from the future", "token-time",
            ["the clock of the API server that signed it is ahead", "timedatectl"], not: ["this machine's clock"],
            forged(
                payload: """
                    {"iss":"https://login.localhost/tests/","sub":"system:serviceaccount:team-a:reader","aud":["api://AzureADTokenExchange"],"nbf":99999999998,"exp":99999999999}
                    """)),
        BrokenSetup(
            "a token that is not signed as Entra wants", "token-given", ["RS256"],
            forged(header: "{\"alg\":\"ES256\",\"kid\":\"x\"}")),
    ]

    private static let federation = [
        BrokenSetup(
            "an issuer inside the cluster", "issuer-address", ["inside the cluster only", "--enable-oidc-issuer"],
            forged(issuer: "https://kubernetes.default.svc.cluster.local")),
        BrokenSetup(
            "an issuer at a private address", "issuer-address", ["inside the cluster only"],
            forged(issuer: "https://172.20.0.1:6443/")),
        BrokenSetup(
            "an issuer that Entra cannot reach", "exchange",
            ["90061", "could not fetch the keys", "curl -fsS 'https://oidc"]
        ) {
            try await forged(issuer: "https://oidc.akv-emulator.example/another-cluster/")(&$0)
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-000000000004"
        },
        BrokenSetup(
            "an issuer without its slash", "issuer-discovery",
            ["slash at the end included", "kubectl get --raw /.well-known/openid-configuration"],
            forged(issuer: "https://login.localhost/tests")),
        BrokenSetup(
            "a federated credential whose issuer lacks the slash", "exchange",
            [
                "700211", "slash at the end included", "az identity federated-credential update",
                "[?clientId=='11111111-aaaa-4aaa-8aaa-0000000000c5']", "--issuer 'https://login.localhost/tests/'",
            ], client("c5")),
        BrokenSetup(
            "a key that is not published", "issuer-keys", ["the key other", "kubectl get --raw /openid/v1/jwks"],
            forged(header: "{\"alg\":\"RS256\",\"kid\":\"other\"}")),
        BrokenSetup("a signature of another key", "exchange", ["700027", "does not know the key that signed"]) {
            $0.token = $0.token.map { $0.dropLast(12) + "AAAAAAAAAAAA" }
        },
        BrokenSetup(
            "another issuer in the federated credential", "exchange",
            ["700211", "az identity federated-credential update", "--issuer 'https://login.localhost/tests/'"],
            client("04")),
        BrokenSetup(
            "another audience there", "exchange", ["700212", "federated credential to api://AzureADTokenExchange"],
            client("05")),
        BrokenSetup(
            "another subject there", "exchange", ["700213", "--subject 'system:serviceaccount:team-a:reader'"],
            client("02")),
        BrokenSetup("a subject in other letters there", "exchange", ["differs in letter case"], client("c1")),
        BrokenSetup(
            "no federated credential", "exchange", ["70025", "az identity federated-credential create"], client("03")),
        BrokenSetup(
            "one that is not known everywhere yet", "exchange", ["takes some minutes"],
            faults: ["propagation target=entra method=POST"]),
        BrokenSetup(
            "a clock of Entra's that is ahead", "exchange", ["outside of its validity"],
            faults: ["clock-skew target=entra skew=3h"]),
    ]

    private static let entra = [
        BrokenSetup("unknown client", "exchange", ["correct clientID or tenantID"], client("ff")),
        BrokenSetup(
            "another cloud's resource", "exchange", ["set cloudName"], entraError(500011, 400, "invalid_resource")),
        BrokenSetup("another cloud's tenant", "exchange", ["of another cloud", "set cloudName"], entraError(900432)),
        BrokenSetup(
            "a disabled application", "exchange", ["az ad sp update --id", "accountEnabled=true"], entraError(7_000_112)
        ),
        BrokenSetup("a client id that would be a command", "exchange", ["--id 'x'\\''; reboot #' --set"]) {
            $0.parameters["clientID"] = "x'; reboot #"
            entraError(7_000_112)(&$0)
        },
        BrokenSetup("tenant restrictions", "exchange", ["tenant restrictions of a proxy"], entraError(500021)),
        BrokenSetup("Conditional Access", "exchange", ["Conditional Access policy"], entraError(53003)),
        BrokenSetup(
            "a request storm", "exchange", ["Entra ID throttles client"],
            entraError(50196, 429, "temporarily_unavailable")),
        BrokenSetup("a malformed request", "exchange", ["AADSTS900144"], entraError(900144)),
        BrokenSetup("a wrong client secret", "exchange", ["the secret's id instead of its value"]) {
            $0.parameters["clientID"] = nil
            $0.secrets = "{\"clientid\":\"11111111-aaaa-4aaa-8aaa-000000000007\",\"clientsecret\":\"wrong\"}"
        },
        BrokenSetup(
            "an expired client secret", "exchange", ["the client secret has expired", "az ad app credential reset"]
        ) {
            $0.parameters["clientID"] = nil
            $0.secrets = "{\"clientid\":\"11111111-aaaa-4aaa-8aaa-000000000007\",\"clientsecret\":\"old\"}"
            entraError(7_000_222, 401, "invalid_client")(&$0)
        },
        BrokenSetup("no client secret", "request", ["nodePublishSecretRef"]) { $0.parameters["clientID"] = nil },
        BrokenSetup("no annotation", "identity", ["kubectl annotate serviceaccount reader -n team-a"]) {
            $0.leaveToAccount("a: b")
        },
        BrokenSetup("no ServiceAccount", "identity", ["kubectl get serviceaccount reader -n team-a -o yaml"]) {
            $0.leaveToAccount("")
            $0.rest = ""
        },
        BrokenSetup("another's annotation", "exchange", ["AADSTS"]) {
            $0.leaveToAccount(
                "azure.workload.identity/client-id: 11111111-aaaa-4aaa-8aaa-0000000000c1,"
                    + " azure.workload.identity/tenant-id: \(EmulatedEnvironment.tenant)")
        },
        BrokenSetup("no token proxy", "exchange", ["AKS identity binding needs"]) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-00000000000b"
            $0.parameters["useAzureTokenProxy"] = "true"
            $0.token = try await $0.world.token(audience: "api://AKSIdentityBinding")
            $0.settings.tokens.tokenProxy.authorityFile = "/nowhere/ca.crt"
        },
        BrokenSetup(
            "an API server that does not tell its cluster", "exchange",
            ["cluster ID SAN not found", "give the name to the provider with --sni-name"],
            faults: ["certificate-address-only target=entra"]
        ) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-00000000000b"
            $0.parameters["useAzureTokenProxy"] = "true"
            $0.token = try await $0.world.token(audience: "api://AKSIdentityBinding")
        },
        BrokenSetup("no identity on the node", "exchange", ["the node does not have", "az vmss identity assign"]) {
            $0.parameters["useVMManagedIdentity"] = "true"
            $0.parameters["userAssignedIdentityID"] = "11111111-aaaa-4aaa-8aaa-0000000000ff"
        },
    ]

    private static let network = [
        BrokenSetup("a name that does not resolve", "entra-name", ["cannot be resolved", "getent hosts"]) {
            // A label that is too long is refused without a request to a name server.
            let label = String(repeating: "a", count: 64)
            $0.settings.proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://\(label).invalid:3128"])
        },
        BrokenSetup(
            "a vault's name that does not resolve", "vault-name",
            ["az keyvault show --name kv-tests", "az keyvault recover --name 'kv-tests'", "private endpoint"]
        ) {
            let suffix = String(repeating: "a", count: 64) + ".invalid"
            let proxy =
                "http://127.0.0.1:\($0.world.proxy.proxy(forHost: "login.microsoftonline.com", port: 443)?.port ?? 0)"
            $0.settings.proxy = try ProxySettings(environment: ["HTTPS_PROXY": proxy, "NO_PROXY": ".\(suffix)"])
            $0.parameters["cloudName"] = "AzureStackCloud"
            let cloud = """
                {"name":"AzureStackCloud","activeDirectoryEndpoint":"https://login.microsoftonline.com/",
                "keyVaultEndpoint":"https://vault.azure.net/","keyVaultDNSSuffix":"\(suffix)"}
                """
            $0.settings.cloudFile = {
                AzureCloud.EnvironmentFile(path: $0 ?? "cloud.json", contents: .success(Array(cloud.utf8)))
            }
        },
        BrokenSetup("a proxy that is not there", "entra-connection", ["cannot connect"]) {
            $0.settings.proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:1"])
        },
        BrokenSetup(
            "a proxy that refuses the vault", "vault-connection", ["refuses kv-tests.vault.azure.net:443", "NO_PROXY"],
            faults: ["status status=403 target=proxy:kv-tests.vault.azure.net"]),
        BrokenSetup(
            "an expired certificate", "entra-certificate", ["timedatectl"], faults: ["certificate-expired target=entra"]
        ),
        BrokenSetup(
            "a certificate for another host", "vault-certificate", ["something answers in its place"],
            faults: ["certificate-wrong-name target=vault"]),
        BrokenSetup("a proxy that looks inside", "", ["a proxy may read what passes", "caBundle", "SSL_CERT_FILE"]),
        BrokenSetup(
            "Entra's certificate of another authority", "entra-tenant", ["caBundle in the chart", "SSL_CERT_FILE"],
            faults: ["certificate-untrusted target=entra"]),
        BrokenSetup(
            "a certificate of another authority", "vault-challenge", ["caBundle in the chart", "SSL_CERT_FILE"],
            faults: ["certificate-untrusted target=vault"]),
        BrokenSetup(
            "a gateway that answers in Entra's place", "entra-tenant", ["does not exist in this cloud"],
            faults: ["html target=entra status=404"]),
    ]

    private static let vault = [
        BrokenSetup(
            "a vault in the vault's place", "vault-challenge", ["no token was sent"],
            faults: ["foreign-challenge target=vault"]),
        BrokenSetup(
            "unknown secret", "object",
            [
                "az keyvault secret list --vault-name 'kv-tests'",
                "if it was deleted: az keyvault secret recover --vault-name 'kv-tests' --name 'nothing'",
            ],
            objects(EmulatedEnvironment.object("secret", "nothing"))),
        BrokenSetup(
            "no role", "object",
            [
                "az role assignment create --role 'Key Vault Secrets User' --assignee '11111111-aaaa-4aaa-8aaa-0000000000c2'",
                "/secrets/plain",
            ], client("c2")),
        BrokenSetup(
            "a role for the certificate alone", "object",
            [
                "as a certificate it may be read, but its private key is a secret",
                "az role assignment create --role 'Key Vault Secrets User' --assignee '11111111-aaaa-4aaa-8aaa-0000000000c3'",
                "'/secrets/site-pem'",
            ]
        ) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-0000000000c3"
            $0.parameters["objects"] = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "site-pem")])
        },
        BrokenSetup(
            "a role for neither", "object", ["--role 'Key Vault Certificate User'", "'/certificates/site-pem'"]
        ) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-0000000000c2"
            $0.parameters["objects"] = EmulatedEnvironment.array([EmulatedEnvironment.object("cert", "site-pem")])
        },
        BrokenSetup("no role for a key", "object", ["--role 'Key Vault Crypto User'", "'/keys/p256'"]) {
            $0.parameters["clientID"] = "11111111-aaaa-4aaa-8aaa-0000000000c2"
            $0.parameters["objects"] = EmulatedEnvironment.array([EmulatedEnvironment.object("key", "p256")])
        },
        BrokenSetup(
            "no access policy", "object",
            ["az keyvault set-policy --name 'kv-tests' --secret-permissions get --spn '\(EmulatedEnvironment.reader)'"],
            objects(EmulatedEnvironment.object("secret", "by-policy"))),
        BrokenSetup(
            "a firewall", "object",
            [
                "az keyvault network-rule add --name 'kv-tests' --ip-address '203.0.113.7'"
            ], objects(EmulatedEnvironment.object("secret", "by-firewall"))),
        BrokenSetup(
            "no public access", "object", ["private endpoint"],
            objects(EmulatedEnvironment.object("secret", "by-connection"))),
        BrokenSetup("a secret that ends too soon", "volume", ["renew the object in the vault"]) {
            $0.parameters["objects"] = EmulatedEnvironment.array([
                EmulatedEnvironment.object("secret", "ends-soon", "minRemaining: 36500d")
            ])
        },
        BrokenSetup(
            "a vault in trouble", "object", ["429"], faults: ["status status=429 target=vault path=/secrets/plain"]),
        BrokenSetup(
            "no base64", "volume", ["base64"],
            objects(EmulatedEnvironment.object("secret", "umlaut", "objectEncoding: base64"))),
        BrokenSetup("too much for one volume", "volume", ["the driver takes 4194304"]) {
            let value = String(repeating: "x", count: 2_200_000)
            for name in ["big-one", "big-two"] { _ = $0.world.emulator.setSecret(name, in: "kv-tests", value: value) }
            $0.parameters["objects"] = EmulatedEnvironment.array([
                EmulatedEnvironment.object("secret", "big-one"), EmulatedEnvironment.object("secret", "big-two"),
            ])
        },
    ]

    private static let cluster = [
        BrokenSetup("too much for one Secret", "", ["the Secret synced would hold 1100000 bytes", "several Secrets"]) {
            _ = $0.world.emulator.setSecret("large", in: "kv-tests", value: String(repeating: "x", count: 1_100_000))
            $0.parameters["objects"] = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "large")])
            $0.rest = "  secretObjects: [{secretName: synced, type: Opaque, data: [{objectName: large, key: k}]}]\n"
        },
        BrokenSetup("no rotation", "", ["[csidriver-republish]", "requiresRepublish: true"]) {
            $0.rest = driver + "tokenRequests: [{audience: api://AzureADTokenExchange}]}\n"
        },

        BrokenSetup(
            "a mistake in the class", "manifests", ["write objectType: secret", "[object-invalid]"],
            objects(EmulatedEnvironment.object("Secret", "plain"))),
        BrokenSetup("no tokenRequests", "manifests", ["[token-requests-missing]", "api://AzureADTokenExchange"]) {
            $0.rest =
                "---\nkind: CSIDriver\nmetadata: {name: secrets-store.csi.k8s.io}\nspec: {podInfoOnMount: true, requiresRepublish: true, volumeLifecycleModes: [Ephemeral]}"
        },
        BrokenSetup("a subPath", "", ["The mount works, but", "[sub-path]"]) {
            $0.rest = """
                ---
                kind: Pod
                metadata: {name: p, namespace: team-a}
                spec:
                  serviceAccountName: reader
                  containers: [{name: c, volumeMounts: [{name: s, mountPath: /x, subPath: plain}]}]
                  volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: tests}}}]
                """
        },
        BrokenSetup("no provider at the socket", "provider", ["azure.sock", "kubectl get pods"]) {
            $0.settings.provider = .unix(path: "/tmp/nowhere/azure.sock")
        },
    ]
}
