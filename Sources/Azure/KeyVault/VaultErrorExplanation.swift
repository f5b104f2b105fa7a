internal import ProviderCore
internal import SecretMemory

/// The meaning of an error response of Key Vault in one sentence, and the fix.
struct VaultErrorExplanation {
    private(set) var cause: String
    /// The fix; if it is nil, the hint of the error code applies, and if it is empty, no fix is known.
    private(set) var hint: String?
    /// A command that fixes the problem, which is shown instead of a hint.
    private(set) var command: ObjectCommand?

    init(_ response: VaultErrorResponse, object: KeyVaultObject, vault: String, clientID: String) {
        let said = response.message.isEmpty ? "" : ": \(response.message.prefix(200))"
        switch response.status {
        case 401: (cause, hint) = Self.unauthorized(response, vault: vault)
        case 403 where response.isDisabled:
            cause = "it is disabled in the vault"
            let version = object.version.isEmpty ? "" : " --version \(object.version.shellWord)"
            command = ObjectCommand(
                "az keyvault \(object.type.noun) set-attributes --vault-name \(vault.shellWord) --name ",
                then: "\(version) --enabled true")
        case 403: (cause, hint) = Self.forbidden(response, object, vault: vault, clientID: clientID)
        case 404 where response.isOfObject && object.version.isEmpty:
            cause = "the vault does not have it"
            command = ObjectCommand(
                "check objectName, objectType and keyvaultName; if it was deleted, run: az keyvault"
                    + " \(object.type.noun) recover --vault-name \(vault.shellWord) --name ")
        case 404 where response.isOfObject:
            cause = "the vault does not have it in this version"
            command = ObjectCommand(
                "set objectVersion to a version that exists: az keyvault \(object.type.noun) list-versions"
                    + " --vault-name \(vault.shellWord) --query '[].id' -o tsv --name ")
        case 404:
            cause = "the HTTP 404 response does not name the object, as Key Vault's would"
            hint = "check keyvaultName and cloudName, and whether a proxy answers in place of the vault"
        case 408: cause = "the vault gave up on the request (HTTP 408)"
        case 429: cause = "the vault is throttled (HTTP 429)"
        case 400..<500: cause = "the vault refused the request (HTTP \(response.status))\(said)"
        case 500...: cause = "the vault answered with HTTP \(VaultErrorResponse.reason(response.status))"
        default: cause = "the vault answered with HTTP \(response.status), which Key Vault never does"
        }
    }

    private static func unauthorized(_ response: VaultErrorResponse, vault: String) -> (String, String?) {
        let query = "az keyvault show --name \(vault.shellWord) --query properties.tenantId -o tsv"
        guard response.message.contains("AKV10032") else {
            let said = response.message.isEmpty ? "" : ": \(response.message.prefix(200))"
            return ("the vault does not accept the token (HTTP 401)\(said)", nil)
        }
        let cause = "the vault belongs to another tenant than the token"
        guard let tenant = tenantOfVault(response.message) else {
            return (cause, "set tenantID in the SecretProviderClass to the output of: \(query)")
        }
        return (cause, "set tenantID: \(tenant) in the SecretProviderClass")
    }

    /// Returns the first tenant whose tokens the vault accepts, from the text of error AKV10032.
    private static func tenantOfVault(_ message: String) -> String? {
        guard let start = message.firstRange(of: "Expected one of "),
            let host = message[start.upperBound...].firstRange(of: "https://sts.windows.net/")
        else { return nil }
        let tenant = message[host.upperBound...].prefix { $0.isHexDigit || $0 == "-" }
        return tenant.count == 36 ? String(tenant) : nil
    }

    private static func forbidden(
        _ response: VaultErrorResponse, _ object: KeyVaultObject, vault: String, clientID: String
    ) -> (String, String?) {
        let caller = clientID.isEmpty ? word(after: "appid=", in: response.message) ?? "" : clientID.clipped
        let identity = caller.isEmpty ? "the identity" : "identity \(caller)"
        let assignee = caller.isEmpty ? "<client id>" : caller
        let role = AzureCommand.role(
            forAll: object.type, vault: vault, vaultID: vaultID(in: response.message), assignee: assignee)
        switch response.innerCode {
        case "ForbiddenByRbac":
            return (
                "\(identity) has no role to read \(object.type.noun)s of this vault (a new one takes some minutes)",
                role
            )
        case "AccessDenied":
            return (
                "the vault's access policies do not let \(identity) read \(object.type.noun)s",
                AzureCommand.accessPolicy(for: object, vault: vault, assignee: assignee)
            )
        case "ForbiddenByFirewall":
            guard let address = word(after: "Client address: ", in: response.message) else {
                return (
                    "the vault's firewall refuses the node's address",
                    "permit the node's outgoing address in the vault's firewall, or use a private endpoint"
                )
            }
            return (
                "the vault's firewall refuses the node's address \(address)",
                AzureCommand.networkRule(vault: vault, address: address)
            )
        case "ForbiddenByConnection":
            return (
                "the vault does not accept public connections",
                "let the vault's name resolve to its private endpoint on the node"
            )
        case "ForbiddenByPolicy":
            return (
                "the vault's access policy for \(identity) asks for an on-behalf-of token",
                AzureCommand.accessPolicy(for: object, vault: vault, assignee: assignee)
            )
        default:
            let said = response.message.isEmpty ? "" : ": \(response.message.prefix(200))"
            return (
                "the vault refused access to \(identity) (HTTP 403)\(said)", "if \(identity) has no role, run: \(role)"
            )
        }
    }

    private static func word(after label: String, in message: String) -> String? {
        guard let range = message.firstRange(of: label) else { return nil }
        let word = message[range.upperBound...].prefix {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-.:".contains($0))
        }
        return word.count < 7 || word.count > 64 ? nil : String(word)
    }

    /// Returns the vault's resource ID, from the ID of the object in the refusal.
    private static func vaultID(in message: String) -> String {
        guard let range = message.firstRange(of: "Resource: '") else { return "" }
        let parts = message[range.upperBound...].prefix { $0 != "'" }.split(separator: "/")
        guard parts.count >= 8, parts[0].lowercased() == "subscriptions", parts[6].lowercased() == "vaults" else {
            return ""
        }
        let id = "/" + parts.prefix(8).joined(separator: "/")
        return id.utf8.count <= 300 && id.hasOnlyASCIILettersAndDigits(or: "/-._()") ? id : ""
    }
}
