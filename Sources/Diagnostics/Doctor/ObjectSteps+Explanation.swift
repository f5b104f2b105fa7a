internal import Azure
internal import Documents
internal import ProviderCore
internal import SecretMemory

extension ObjectSteps {
    /// The meaning of an object's refusal, and the command that fixes it.
    struct Refusal {
        var message: String
        var fix: String
        /// Whether the identity needs a role for the object. The command for it depends on the other objects.
        var needsRole = false
    }

    func explanation(
        of error: ProviderError, _ object: KeyVaultObject, _ source: MountPlan.Source, _ token: AccessToken?
    ) async -> Refusal {
        guard let token else { return Refusal(message: error.cause, fix: error.hint) }
        let vault = source.vault
        let lookup = ObjectLookup(settings: settings, vault: vault, token: token)
        func says(_ code: String) -> Bool { "\(error)".contains("(\(code))") }
        switch error.code {
        case .vaultForbidden where says("ForbiddenByRbac") || says("AccessDenied"):
            return await forbidden(error, object, source, lookup, isRole: says("ForbiddenByRbac"))
        case .objectDisabled:
            // The secret and the key of a certificate are enabled together with it.
            let isCertificate = await lookup.object(object.name, .certificate) != nil
            return Refusal(
                message: error.cause,
                fix: AzureCommand.enable(object, as: isCertificate ? .certificate : object.type, vault: vault.name))
        case .objectNotFound: return await notFound(error, object, vault, lookup)
        default: break
        }
        return Refusal(message: error.cause, fix: error.hint)
    }

    // MARK: - Forbidden

    private func forbidden(
        _ error: ProviderError, _ object: KeyVaultObject, _ source: MountPlan.Source, _ lookup: ObjectLookup,
        isRole: Bool
    ) async -> Refusal {
        var message = error.cause
        for type in KeyVaultObject.ObjectType.allCases where type != object.type {
            guard let other = await lookup.object(object.name, type) else { continue }
            guard other.isOfCertificate else {
                return Refusal(
                    message: "\(message); the \(type.rawValue) of that name may be read",
                    fix: "write objectType: \(type.rawValue)")
            }
            message += Self.remark(onCertificateReadAs: type, insteadOf: object.type)
            break
        }
        if let mismatch = IdentityMismatch(source.authentication, annotations) {
            return Refusal(message: "\(message); \(mismatch.remark)", fix: mismatch.fix)
        }
        if isRole { return Refusal(message: "\(message); a new role takes some minutes", fix: "", needsRole: true) }
        return Refusal(
            message: message,
            fix: AzureCommand.accessPolicy(
                for: object, vault: source.vault.name, assignee: source.authentication.assignee))
    }

    /// Returns a remark about a certificate. It consists of three objects with the same name and separate permissions,
    /// and the identity may read one of them.
    private static func remark(
        onCertificateReadAs type: KeyVaultObject.ObjectType, insteadOf wanted: KeyVaultObject.ObjectType
    ) -> String {
        switch (type, wanted) {
        case (.certificate, .secret): "; as a certificate it may be read, but its private key is a secret"
        case (.secret, .certificate):
            "; objectType: secret may be read, which is the certificate with its private key"
        default: "; it belongs to a certificate, of which the \(type.rawValue) may be read"
        }
    }

    // MARK: - Not found

    private func notFound(
        _ error: ProviderError, _ object: KeyVaultObject, _ vault: VaultAddress, _ lookup: ObjectLookup
    ) async -> Refusal {
        if object.namesVersion, await lookup.object(object.name, object.type) != nil {
            return Refusal(
                message: "\(error.cause); the object exists, this version of it does not",
                fix: "leave objectVersion out, or take one of: "
                    + AzureCommand.versions(of: object, vault: vault.name))
        }
        for type in KeyVaultObject.ObjectType.allCases where type != object.type {
            guard await lookup.object(object.name, type) != nil else { continue }
            return Refusal(
                message: "\(error.cause); there is a \(type.rawValue) of that name",
                fix: "write objectType: \(type.rawValue)")
        }
        let recover = AzureCommand.recover(object, vault: vault.name)
        if await lookup.isDeleted(object) {
            return Refusal(message: "\(error.cause); it was deleted and can be recovered", fix: recover)
        }
        return Refusal(
            message: error.cause,
            fix: "\(AzureCommand.names(of: object.type, vault: vault.name)); if it was deleted: \(recover)")
    }
}

/// Looks up a name in the other collections of a vault.
struct ObjectLookup {
    struct Found {
        /// Whether it is a certificate, or the secret or key of one.
        var isOfCertificate: Bool
    }

    let settings: Doctor.Settings
    let vault: VaultAddress
    let token: AccessToken

    /// Returns the object's latest version, or nil if it does not exist or the identity is not allowed to read it.
    func object(_ name: String, _ type: KeyVaultObject.ObjectType) async -> Found? {
        guard let object = await get("\(type.collection)/\(name.percentEncoded)/") else { return nil }
        let isOfCertificate =
            switch type {
            case .secret: !(object["kid"]?.text ?? "").isEmpty
            case .key: object["managed"]?.bool == true
            case .certificate: true
            }
        return Found(isOfCertificate: isOfCertificate)
    }

    /// Returns whether the object is soft-deleted. The result is also false if the identity is not allowed to read
    /// deleted objects.
    func isDeleted(_ object: KeyVaultObject) async -> Bool {
        await get("deleted\(object.type.collection)/\(object.name.percentEncoded)") != nil
    }

    private func get(_ path: String) async -> JSONObject? {
        do throws(TransportError) {
            let response = try await settings.transport.send(
                HTTPRequest(.get, "https://\(vault.host)/\(path)?api-version=7.4", bearer: token.secret),
                timeout: settings.timeout)
            return response.status == 200 ? response.json : nil
        } catch {
            return nil
        }
    }
}
