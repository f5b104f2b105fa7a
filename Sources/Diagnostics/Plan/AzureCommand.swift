internal import Azure
package import ProviderCore

/// Commands of Azure's own command line that put right what a mount lacks.
///
/// They are made to be copied, or run by a script, and hold names out of manifests; so every name is quoted.
package enum AzureCommand {
    /// `issuer` is the cluster's, if a token has told it.
    package static func federatedCredential(subject: String, clientID: String, issuer: String? = nil) -> String {
        "az identity federated-credential create --name '<name>'"
            + " --identity-name \(quoted("<identity with client id \(clientID)>")) --resource-group '<group>'"
            + " --issuer \(quoted(issuer ?? "<OIDC issuer URL of the cluster>")) --subject \(quoted(subject))"
            + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)"
    }

    /// The least role, on the object alone.
    package static func role(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az role assignment create --role \(quoted(object.type.role)) --assignee \(quoted(assignee))"
            + " --scope \"$(az keyvault show --name \(quoted(vault)) --query id --output tsv)\""
            + quoted("/\(object.type.collection)/\(object.name)")
    }

    /// For a vault that goes by access policies, not roles.
    package static func accessPolicy(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az keyvault set-policy --name \(quoted(vault)) --\(object.type.permissionOption) get"
            + (object.wantsHistory || object.selector != nil ? " list" : "") + " --spn \(quoted(assignee))"
    }

    /// Lets one address through a vault's firewall.
    static func networkRule(vault: String, address: String) -> String {
        "az keyvault network-rule add --name \(quoted(vault)) --ip-address \(quoted(address))"
    }

    /// What there is of a type, deleted objects apart.
    static func list(_ type: KeyVaultObject.ObjectType, vault: String) -> String {
        let noun = type == .certificate ? "certificate" : type.rawValue
        return "az keyvault \(noun) list --vault-name \(quoted(vault)) --query '[].name'; deleted ones: "
            + "az keyvault \(noun) list-deleted --vault-name \(quoted(vault)) --query '[].name', and recover instead of list-deleted"
    }

    /// One word for a shell, in quotes only if it needs them.
    static func word(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && !text.isEmpty ? text : quoted(text)
    }

    /// One word for a shell, whatever it holds.
    static func quoted(_ text: String) -> String {
        "'" + text.printable.replacing("'", with: "'\\''") + "'"
    }
}
