import Azure
import AzureTestSupport
import Documents
import Foundation
import ProviderCore
import SecretMemory
import Testing

/// The start of an event: the part of an error that Kubernetes keeps.
@Suite("Errors for refusals by Azure")
struct ExplanationTests {
    private static let client = "11111111-2222-3333-4444-555555555555"
    private static let tenant = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    private static let vaultID =
        "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-payments-production-westeurope"
        + "/providers/Microsoft.KeyVault/vaults/kv-payments-prod-weu-001"
    /// An id of the length that AKS uses.
    private static let issuer =
        "https://westeurope.oic.prod-aks.azure.com/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
        + "/ffffffff-0000-1111-2222-333333333333/"

    // MARK: - Key Vault

    private func refusal(
        _ status: Int, _ body: JSONOutput,
        of object: KeyVaultObject = KeyVaultObject(name: "db-password", type: .secret),
        clientID: String = client
    ) async throws -> ProviderError {
        let transport = FakeAzure(responses: [FakeAzure.response(status, body.compact)])
        let time = ManualTime().source
        let vault = VaultAddress(name: "kv-payments-prod-weu-001", suffix: "vault.azure.net")
        do throws(ProviderError) {
            let outcome = try await KeyVaultClient(transport: transport, time: time).read(
                object, version: object.version, in: vault,
                token: AccessToken(secret: SecretBytes("t"), lifetime: 3600, clientID: clientID),
                context: time.context())
            if case .tokenRejected(_, let error) = outcome { return error }
        } catch {
            return error
        }
        throw UnexpectedSuccess()
    }

    private struct UnexpectedSuccess: Error {}

    private static func error(_ code: String, _ inner: String, _ message: String) -> JSONOutput {
        ["error": ["code": .text(code), "message": .text(message), "innererror": ["code": .text(inner)]]]
    }

    private static func rbac(_ name: String = "db-password") -> JSONOutput {
        error(
            "Forbidden", "ForbiddenByRbac",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
                + "definitions were changed recently, please observe propagation time.\r\nCaller: appid=\(client);oid="
                + "77777777-2222-3333-4444-555555555555;iss=https://sts.windows.net/\(tenant)/\r\nAction: "
                + "'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nResource: '\(vaultID)/secrets/\(name)'\r\n"
                + "Assignment: (not found)\r\nDenyAssignmentId: null\r\nVault: kv;location=westeurope\r\n")
    }

    @Test("a missing role is reported with the identity, the vault, and the command with the vault's id as scope")
    func role() async throws {
        let error = try await refusal(403, Self.rbac())
        let start =
            "[vault-forbidden] secret db-password in kv-payments-prod-weu-001: identity \(Self.client) has no role to read "
            + "secrets of this vault (a new one takes some minutes). Fix: "
        let command =
            "az role assignment create --role 'Key Vault Secrets User' --assignee \(Self.client) --scope '\(Self.vaultID)'"
        #expect(error.headText == start + command)
        #expect(
            "\(error)".hasPrefix(
                error.headText
                    + " — see akv-csi explain vault-forbidden: failed to get objectType:secret, objectName:db-password")
        )
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    @Test("the same refusal of three secrets is one entry, even with the pipeline's prefix")
    func threeRoles() async throws {
        var errors: [ProviderError] = []
        for name in ["a", "b", "c"] {
            errors.append(try await refusal(403, Self.rbac(name), of: KeyVaultObject(name: name, type: .secret)))
        }
        let error = try #require(ProviderError.combining(errors)).prefixed("failed to mount objects, error: ")
        #expect(
            error.headText.hasPrefix("[vault-forbidden] 3 secrets in kv-payments-prod-weu-001 (a, b, c): identity "))
        #expect(error.headText.hasSuffix(" --scope '\(Self.vaultID)'"))
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    @Test("without the vault's id, the command asks the Azure CLI for the scope")
    func unknownVault() async throws {
        let error = try await refusal(403, Self.error("Forbidden", "ForbiddenByRbac", "no"), clientID: "")
        #expect(
            error.hint
                == "az role assignment create --role 'Key Vault Secrets User' --assignee '<client id>' --scope "
                + "\"$(az keyvault show --name kv-payments-prod-weu-001 --query id -o tsv)\"")
    }

    @Test("an invalid id is not put into a command")
    func hostileVault() async throws {
        let message = "Resource: '/subscriptions/$(reboot)/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv/x'"
        let error = try await refusal(403, Self.error("Forbidden", "ForbiddenByRbac", message))
        #expect(!error.hint.contains("reboot"))
    }

    @Test(
        "other refusals name the component that refuses, and the command",
        arguments: [
            (
                403, error("Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret."),
                "it is disabled in the vault",
                "az keyvault secret set-attributes --vault-name kv-payments-prod-weu-001 --name db-password --enabled true"
            ),
            (
                403, error("Forbidden", "AccessDenied", "The user does not have secrets get permission"),
                "the vault's access policies do not let identity \(client) read secrets",
                "az keyvault set-policy --name 'kv-payments-prod-weu-001' --secret-permissions get --spn '\(client)'"
            ),
            (
                403, error("Forbidden", "ForbiddenByFirewall", "Client address: 203.0.113.7\r\nCaller: x"),
                "the vault's firewall refuses the node's address 203.0.113.7",
                "az keyvault network-rule add --name 'kv-payments-prod-weu-001' --ip-address '203.0.113.7'"
            ),
            (
                404,
                error("SecretNotFound", "", "A secret with (name/id) db-password was not found in this key vault."),
                "the vault does not have it",
                "check objectName, objectType and keyvaultName; if it was deleted, run: az keyvault secret recover "
                    + "--vault-name kv-payments-prod-weu-001 --name db-password"
            ),
            (
                401,
                error(
                    "Unauthorized", "",
                    "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/\(tenant)/, "
                        + "https://sts.windows.net/x/, found https://sts.windows.net/y/."),
                "the vault belongs to another tenant than the token",
                "set tenantID: \(tenant) in the SecretProviderClass"
            ),
        ] as [(Int, JSONOutput, String, String)])
    func others(status: Int, body: JSONOutput, cause: String, fix: String) async throws {
        let error = try await refusal(status, body)
        #expect(error.cause == cause)
        #expect(error.hint == fix)
        #expect(error.headText.hasSuffix(" Fix: \(fix)"))
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    // MARK: - Entra ID

    private func exchange(
        _ number: Int, _ text: String, _ credential: TokenExchange.Credential
    ) async throws -> ProviderError {
        let body: JSONOutput = [
            "error": "invalid_client",
            "error_description": .text("AADSTS\(number): \(text) Trace ID: t Correlation ID: c"),
            "error_codes": .array([.number(number)]), "trace_id": "t", "correlation_id": "c",
        ]
        let transport = FakeAzure(responses: [FakeAzure.response(401, body.compact)])
        let time = ManualTime().source
        let cloud = try AzureCloud.named("AzurePublicCloud", environmentFile: nil)
        do throws(ProviderError) {
            _ = try await TokenExchange(transport: transport, time: time).exchange(
                credential, clientID: Self.client, tenantID: Self.tenant, cloud: cloud,
                resource: "https://vault.azure.net", context: time.context())
        } catch {
            return error
        }
        throw UnexpectedSuccess()
    }

    private static func token(_ subject: String) -> TokenExchange.Credential {
        let claims: JSONOutput = [
            "iss": .text(issuer), "sub": .text(subject), "aud": "api://AzureADTokenExchange",
            "exp": .number(2_000_000_000),
        ]
        let payload = Data(claims.compact.utf8).base64EncodedString().replacing("=", with: "")
        let assertion = SecretBytes("e30.\(payload.replacing("+", with: "-").replacing("/", with: "_")).c2ln")
        return .assertion(ServiceAccountToken(assertion: assertion, claims: TokenClaims(parsing: assertion)))
    }

    private static let subject = "system:serviceaccount:team-payments:payments-api"

    @Test("a missing federated credential is reported with the client, the subject, and a complete command")
    func federation() async throws {
        let error = try await exchange(700213, "No matching federated identity record found.", Self.token(Self.subject))
        #expect(
            error.headText
                == "[exchange-refused] Entra ID does not accept the service account token of \(Self.subject) for client "
                + "\(Self.client) in tenant \(Self.tenant) (AADSTS700213): no federated credential of this client has this "
                + "subject (a new one takes some minutes). Fix: set -- $(az identity list --query \"[?clientId=='\(Self.client)'].[name,resourceGroup]\" "
                + "-o tsv); az identity federated-credential create --name team-payments-payments-api --identity-name "
                + "\"$1\" -g \"$2\" --issuer '\(Self.issuer)' --subject '\(Self.subject)' "
                + "--audiences api://AzureADTokenExchange")
        #expect("\(error)".contains("ClientAssertionCredential authentication failed. Entra ID answered 401"))
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    @Test("Entra's link is shown completely or not at all")
    func link() async throws {
        let sentence =
            "No matching federated identity record found for presented assertion subject '\(Self.subject)'. Check your "
            + "federated identity credential Subject, Audience and Issuer against the presented assertion."
        let link = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        for number in [700213, 999_999] {
            let error = try await exchange(number, "\(sentence) \(link)", Self.token(Self.subject))
            #expect("\(error)".contains(" \(link) ("))
            for filler in 500..<620 {
                let text = String(repeating: "x", count: filler) + " " + link
                let error = try await exchange(number, text, Self.token(Self.subject))
                let shown = "\(error)"
                #expect(shown.contains(link) == shown.contains("https://learn."), "\(filler)")
            }
        }
    }

    @Test("for another issuer, the command updates the credential with the subject")
    func issuer() async throws {
        let error = try await exchange(700211, "No matching record for presented issuer.", Self.token(Self.subject))
        #expect(
            error.hint.contains("az identity federated-credential update --name \"$(az identity federated-credential "))
        #expect(error.hint.contains("--query \"[?subject=='\(Self.subject)'].name\" -o tsv)\""))
        #expect(error.headText.hasSuffix(error.hint))
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    @Test("a subject that could end the query's quotes is not put into the query")
    func hostileSubject() async throws {
        let error = try await exchange(700211, "x", Self.token("a'].name\" -o tsv); reboot; $(x"))
        #expect(!error.hint.contains("a'].name\""))
        #expect(error.hint.contains("[?subject=='<id>'].name"))
    }

    @Test(
        "an outage of the issuer's endpoint is not reported as a wrong credential", arguments: [90061, 50166, 501661])
    func outage(number: Int) async throws {
        let error = try await exchange(number, "Request to External OIDC endpoint failed.", Self.token(Self.subject))
        #expect(error.cause.contains("Entra could not fetch the keys of the issuer"))
        #expect(!error.hint.contains("federated"))
    }

    @Test(
        "for an unknown error number, the error has only Entra's words",
        arguments: [token(subject), .secret(SecretBytes("s"))] as [TokenExchange.Credential])
    func unknown(credential: TokenExchange.Credential) async throws {
        let error = try await exchange(999_999, "Something new happened.", credential)
        #expect(error.headText.hasSuffix("(AADSTS999999): Something new happened."))
        #expect(error.hint.isEmpty)
        #expect(!"\(error)".contains("Fix:"))
    }

    @Test(
        "the error for a client secret does not contain advice about federation",
        arguments: [70021, 700213, 700211, 90061])
    func secret(number: Int) async throws {
        #expect(try await exchange(number, "x", .secret(SecretBytes("s"))).hint.isEmpty)
    }
}
