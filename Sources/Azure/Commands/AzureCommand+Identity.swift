internal import ProviderCore
internal import SecretMemory

extension AzureCommand {
    /// Returns the command that creates the federated credential, or replaces the one of the same name, for the
    /// identity with a known client ID. Its first part stores the identity's name and resource group in `$1` and `$2`.
    static func federation(subject: String, clientID: String, issuer: String) -> String {
        "\(identity(clientID)); az identity federated-credential create --name \(credentialName(of: subject).shellWord)"
            + target(subject: subject, issuer: issuer)
    }

    /// Returns the command that writes `issuer` into the federated credential with this subject.
    static func federationUpdate(subject: String, clientID: String, issuer: String) -> String {
        "\(identity(clientID)); az identity federated-credential update --name"
            + " \"$(az identity federated-credential list --identity-name \"$1\" -g \"$2\""
            + " --query \"[?subject=='\(literal(subject))'].name\" -o tsv)\""
            + target(subject: subject, issuer: issuer)
    }

    private static func identity(_ clientID: String) -> String {
        "set -- $(az identity list --query \"[?clientId=='\(literal(clientID))'].[name,resourceGroup]\" -o tsv)"
    }

    /// Returns `text` for use inside the quotes of a query and of the shell. A text with a character that could end one
    /// of the quotes is replaced by a placeholder; client IDs and subjects never have such characters.
    private static func literal(_ text: String) -> String {
        text.hasOnlyASCIILettersAndDigits(or: "-._:") ? text : "<id>"
    }

    private static func target(subject: String, issuer: String) -> String {
        " --identity-name \"$1\" -g \"$2\" --issuer \(issuer.shellQuoted) --subject \(subject.shellWord)"
            + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)"
    }

    /// Returns a name for the credential of `subject`, of letters, digits and hyphens, with at most 120 characters.
    private static func credentialName(of subject: String) -> String {
        let parts = subject.split(separator: ":").suffix(2).joined(separator: "-")
        let name = parts.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return name.count < 3 ? "kubernetes" : String(String(name).prefix(120))
    }

    /// Returns the command that assigns a user-assigned identity to the machines of a node pool.
    static func assignToNodes(clientID: String) -> String {
        "az vmss identity assign --name '<scale set of the nodes>' --resource-group '<node resource group>'"
            + " --identities \"$(az identity list --query \"[?clientId=='\(literal(clientID))'].id\" -o tsv)\""
    }

    /// Returns the command that assigns the role for all objects of a type in a vault. `vaultID` is the vault's
    /// resource ID, or empty if it is not known.
    static func role(
        forAll type: KeyVaultObject.ObjectType, vault: String, vaultID: String, assignee: String
    ) -> String {
        let scope =
            vaultID.isEmpty ? "\"$(az keyvault show --name \(vault.shellWord) --query id -o tsv)\"" : vaultID.shellWord
        return "az role assignment create --role \(type.role.shellQuoted) --assignee \(assignee.shellWord)"
            + " --scope \(scope)"
    }
}
