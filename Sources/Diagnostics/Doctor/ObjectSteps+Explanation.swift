internal import Azure
internal import ProviderCore

extension ObjectSteps {
    /// What an object's refusal means, and the command that puts it right, filled in with what is known here.
    func explanation(
        of error: ProviderError, _ object: KeyVaultObject, _ source: MountPlan.Source, _ token: AccessToken?
    ) async -> (message: String, fix: String) {
        guard let token else { return (error.message, error.hint) }
        let (vault, clientID) = (source.vault, source.authentication.identity.clientID)
        let assignee = clientID.isEmpty ? "<client id of the identity>" : clientID
        func says(_ code: String) -> Bool { error.message.contains("(\(code))") }
        switch error.code {
        case .vaultForbidden where says("ForbiddenByRbac"):
            return (
                error.message + (await remark(on: object, in: vault, token)),
                AzureCommand.role(for: object, vault: vault.name, assignee: assignee)
                    + " (a new role takes some minutes)"
            )
        case .vaultForbidden where says("AccessDenied"):
            return (
                error.message + (await remark(on: object, in: vault, token)),
                AzureCommand.accessPolicy(for: object, vault: vault.name, assignee: assignee)
            )
        case .vaultForbidden where says("ForbiddenByFirewall"):
            guard let address = Self.clientAddress(in: error.message) else { return (error.message, error.hint) }
            return (
                error.message, AzureCommand.networkRule(vault: vault.name, address: address) + "; \(error.hint)"
            )
        case .objectNotFound:
            for other in KeyVaultObject.ObjectType.allCases where other != object.type {
                guard await exists(object, as: other, in: vault, token) else { continue }
                return (
                    "\(error.message); there is a \(other.rawValue) of that name", "write objectType: \(other.rawValue)"
                )
            }
            return (error.message, AzureCommand.list(object.type, vault: vault.name))
        default: return (error.message, error.hint)
        }
    }

    /// The private key of a certificate is read as a secret, which whoever granted the certificate alone did
    /// not think of.
    private func remark(
        on object: KeyVaultObject, in vault: VaultAddress, _ token: AccessToken
    ) async -> String {
        guard object.type == .secret, await exists(object, as: .certificate, in: vault, token) else { return "" }
        return "; as a certificate it may be read, but its private key is a secret"
    }

    /// The address that the vault saw, as its refusal says.
    private static func clientAddress(in message: String) -> String? {
        guard let range = message.firstRange(of: "Client address: ") else { return nil }
        let address = message[range.upperBound...].prefix { $0.isHexDigit || $0 == "." || $0 == ":" }
        return address.count < 7 ? nil : String(address)
    }

    /// What the vault's other collections say of the same name.
    private func exists(
        _ object: KeyVaultObject, as type: KeyVaultObject.ObjectType, in vault: VaultAddress, _ token: AccessToken
    ) async -> Bool {
        let other = KeyVaultObject(name: object.name, type: type)
        do throws(ProviderError) {
            let outcome = try await client.read(
                other, version: "", in: vault, token: token,
                context: RequestContext(
                    namespace: attributes.pod.namespace, priority: .firstMount, deadline: settings.deadline))
            if case .value = outcome { return true }
            return false
        } catch {
            return false
        }
    }
}
