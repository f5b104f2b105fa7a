package import ProviderCore
internal import SecretMemory

/// Commands of the Azure CLI that fix the causes of failed mounts.
///
/// Users copy them and scripts run them. They contain names from manifests, so every name is quoted.
package enum AzureCommand {
    /// Returns the command that creates a federated credential. `issuer` is the cluster's issuer, if a token names it.
    package static func federatedCredential(subject: String, clientID: String, issuer: String? = nil) -> String {
        "az identity federated-credential create --name '<name>'"
            + " --identity-name \("<identity with client id \(clientID)>".shellQuoted) --resource-group '<group>'"
            + " --issuer \((issuer ?? "<OIDC issuer URL of the cluster>").shellQuoted) --subject \(subject.shellQuoted)"
            + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)"
    }

    /// Returns the command that assigns the smallest sufficient role, for this object only.
    package static func role(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az role assignment create --role \(object.type.role.shellQuoted) --assignee \(assignee.shellQuoted)"
            + " --scope \"$(az keyvault show --name \(vault.shellQuoted) --query id --output tsv)\""
            + "/\(object.type.collection)/\(object.name)".shellQuoted
    }

    /// Returns the command that grants access in a vault that uses access policies instead of roles.
    package static func accessPolicy(for object: KeyVaultObject, vault: String, assignee: String) -> String {
        "az keyvault set-policy --name \(vault.shellQuoted) --\(object.type.permissionOption) get"
            + (object.wantsHistory || object.selector != nil ? " list" : "") + " --spn \(assignee.shellQuoted)"
    }

    /// Returns the command that allows one address in a vault's firewall.
    package static func networkRule(vault: String, address: String) -> String {
        "az keyvault network-rule add --name \(vault.shellQuoted) --ip-address \(address.shellQuoted)"
    }
}
