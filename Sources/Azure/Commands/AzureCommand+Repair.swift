package import ProviderCore
internal import SecretMemory

/// Commands that can be pasted without changes, because they look up names that only Azure knows.
extension AzureCommand {
    /// Returns the command that writes the token's issuer into the identity's federated credential with this subject.
    package static func updateFederatedCredential(subject: String, clientID: String, issuer: String) -> String {
        let identity = "--identity-name \"$1\" --resource-group \"$2\""
        let name =
            "az identity federated-credential list \(identity)"
            + " --query \("[?subject=='\(queryText(subject))'].name | [0]".shellDoubleQuoted) --output tsv"
        return "set -- $(az identity list --query "
            + "\("[?clientId=='\(queryText(clientID))'].[name,resourceGroup]".shellDoubleQuoted) --output tsv); "
            + "az identity federated-credential update \(identity) --name \"$(\(name))\""
            + " --issuer \(issuer.shellQuoted) --subject \(subject.shellQuoted)"
            + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)"
    }

    /// Returns `text` for use inside a query's quotes, or a placeholder if it could end them, as no client id and no
    /// subject can.
    private static func queryText(_ text: String) -> String {
        text.utf8.contains { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\\") } ? "<id>" : text
    }

    /// Returns one command that assigns the smallest sufficient roles for `objects`, which have the same type.
    package static func roles(for objects: [KeyVaultObject], vault: String, assignee: String) -> String {
        guard let first = objects.first, objects.count > 1 else {
            return objects.first.map { role(for: $0, vault: vault, assignee: assignee) } ?? ""
        }
        let names = objects.map(\.name.shellWord).joined(separator: " ")
        return "for name in \(names); do az role assignment create --role \(first.type.role.shellQuoted)"
            + " --assignee \(assignee.shellQuoted)"
            + " --scope \"$(az keyvault show --name \(vault.shellQuoted) --query id --output tsv)"
            + "/\(first.type.collection)/$name\"; done"
    }

    /// Returns the command that enables the object's version, or the latest version if it is empty.
    package static func enable(_ object: KeyVaultObject, as type: KeyVaultObject.ObjectType, vault: String) -> String {
        "az keyvault \(type.noun) set-attributes --vault-name \(vault.shellQuoted) --name \(object.name.shellQuoted)"
            + (!object.namesVersion ? "" : " --version \(object.version.shellQuoted)") + " --enabled true"
    }

    /// Returns the command that recovers a soft-deleted object.
    package static func recover(_ object: KeyVaultObject, vault: String) -> String {
        "az keyvault \(object.type.noun) recover --vault-name \(vault.shellQuoted) --name \(object.name.shellQuoted)"
    }

    /// Returns the command that recovers a soft-deleted vault.
    package static func recoverVault(_ name: String) -> String { "az keyvault recover --name \(name.shellQuoted)" }

    /// Returns the command that lists the names of all objects of a type.
    package static func names(of type: KeyVaultObject.ObjectType, vault: String) -> String {
        "az keyvault \(type.noun) list --vault-name \(vault.shellQuoted) --query '[].name' --output tsv"
    }

    /// Returns the command that lists the versions of an object.
    package static func versions(of object: KeyVaultObject, vault: String) -> String {
        "az keyvault \(object.type.noun) list-versions --vault-name \(vault.shellQuoted)"
            + " --name \(object.name.shellQuoted) --query '[].id' --output tsv"
    }
}

extension KeyVaultObject {
    /// Whether `objectVersion` is the ID of one version.
    package var namesVersion: Bool { !["", "latest", "latest-enabled", "previous"].contains(version.lowercased()) }
}

extension KeyVaultObject.ObjectType {
    /// The word for the type in the commands of `az keyvault`.
    fileprivate var noun: String { self == .certificate ? "certificate" : rawValue }
}

extension String {
    /// The text as a double-quoted word for a shell, for texts that contain single quotes.
    fileprivate var shellDoubleQuoted: String {
        // By code points: to Swift, a quote with an accent on it is another character.
        var word = "\""
        for scalar in printable.unicodeScalars {
            switch scalar {
            case "\\", "\"", "$", "`": word += "\\"
            default: break
            }
            word.unicodeScalars.append(scalar)
        }
        return word + "\""
    }
}
