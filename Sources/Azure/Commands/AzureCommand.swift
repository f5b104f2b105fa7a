package import ProviderCore
internal import SecretMemory

/// Commands of Azure's own command line that put right what a mount lacks.
///
/// They are made to be copied, or run by a script, and hold names out of manifests; so every name is quoted.
package enum AzureCommand {
    /// `issuer` is the cluster's, if a token names it.
    package static func federatedCredential(subject: String, clientID: String, issuer: String? = nil) -> String {
        "az identity federated-credential create --name '<name>'"
            + " --identity-name \("<identity with client id \(clientID)>".shellQuoted) --resource-group '<group>'"
            + " --issuer \((issuer ?? "<OIDC issuer URL of the cluster>").shellQuoted) --subject \(subject.shellQuoted)"
            + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)"
    }

    /// The least role, on the object alone.
    package static func role(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az role assignment create --role \(object.type.role.shellQuoted) --assignee \(assignee.shellQuoted)"
            + " --scope \"$(az keyvault show --name \(vault.shellQuoted) --query id --output tsv)\""
            + "/\(object.type.collection)/\(object.name)".shellQuoted
    }

    /// For a vault that goes by access policies, not roles.
    package static func accessPolicy(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az keyvault set-policy --name \(vault.shellQuoted) --\(object.type.permissionOption) get"
            + (object.wantsHistory || object.selector != nil ? " list" : "") + " --spn \(assignee.shellQuoted)"
    }

    /// Lets one address through a vault's firewall.
    package static func networkRule(vault: String, address: String) -> String {
        "az keyvault network-rule add --name \(vault.shellQuoted) --ip-address \(address.shellQuoted)"
    }
}
