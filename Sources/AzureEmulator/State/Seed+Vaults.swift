internal import Foundation

extension Seed.Vault {
    /// The vault that the seed describes. Its keys and certificates are generated.
    func vault(clock: EmulatorClock) throws -> Vault {
        var objects: [VaultCollection: [String: VaultObject]] = [:]
        func add(_ object: VaultObject, _ collection: VaultCollection) throws {
            guard objects[collection]?[object.name.lowercased()] == nil else {
                throw EmulatorError("vault \(name) has two \(collection.rawValue) called \(object.name)")
            }
            objects[collection, default: [:]][object.name.lowercased()] = object
        }
        for secret in secrets ?? [] {
            try add(VaultObject(name: secret.name, versions: try secret.allVersions(clock: clock)), .secrets)
        }
        for key in keys ?? [] {
            let version = try inVault("the key \(key.name)") { try key.version(clock: clock) }
            try add(VaultObject(name: key.name, versions: [version]), .keys)
        }
        for certificate in certificates ?? [] {
            let parts = try inVault("the certificate \(certificate.name)") { try certificate.parts(clock: clock) }
            for part in parts.versions {
                let policy = part.collection == .certificates ? parts.policy : nil
                try add(
                    VaultObject(name: certificate.name, versions: [part.version], policy: policy), part.collection)
            }
        }
        return Vault(
            name: name, tenantID: tenantID, access: access ?? [], accessPolicies: accessPolicies, firewall: firewall,
            objects: objects,
            bundles: Dictionary((bundles ?? []).map { ($0.path.lowercased(), $0) }, uniquingKeysWith: { $1 }))
    }

    /// Adds the vault and the object to an error about a key or a certificate.
    private func inVault<Result>(_ object: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as CertificateInputError {
            throw EmulatorError("vault \(name): \(object) cannot be generated: \(error.description)")
        }
    }
}

extension Seed.Secret {
    /// The versions, oldest first. Versions without a time of creation are a minute apart.
    fileprivate func allVersions(clock: EmulatorClock) throws -> [VaultVersion] {
        var history = versions ?? []
        if let value { history.append(Seed.SecretVersion(value: value, enabled: enabled)) }
        guard !history.isEmpty else { throw EmulatorError("secret \(name) has no value") }
        return history.enumerated().map { index, version in
            VaultVersion(
                id: version.id ?? VaultVersion.newID(), enabled: version.enabled ?? true,
                created: version.created ?? clock.seconds - (history.count - 1 - index) * 60,
                notBefore: notBefore, expires: expires, tags: tags ?? [:],
                content: .secret(value: version.value, contentType: contentType, isCertificate: false))
        }
    }
}

extension Seed.Key {
    fileprivate func version(clock: EmulatorClock) throws -> VaultVersion {
        let (jwk, secret) = try JSONWebKey.generate(type: type, curve: curve, size: size)
        return VaultVersion(
            id: VaultVersion.newID(), enabled: enabled ?? true, created: clock.seconds, notBefore: notBefore,
            expires: expires, tags: tags ?? [:], content: .key(VaultKey(publicJWK: jwk, secret: secret)))
    }
}

extension Seed.Certificate {
    fileprivate func parts(clock: EmulatorClock) throws -> CertificateParts {
        var policy = CertificatePolicy()
        policy.keyProperties = .init(exportable: exportable, kty: type ?? "RSA")
        policy.secretProperties = .init(contentType: contentType)
        policy.x509Properties = .init(subject: subject ?? "CN=\(name)")
        var specification = try policy.specification()
        specification.chainLength = chain ?? 1
        let properties = CertificateParts.Properties(
            policy: policy, pkcs12: pkcs12 == "modern" ? .modern : .keyVault, tags: tags ?? [:],
            isEnabled: enabled ?? true)
        return try CertificateParts(
            try CertificateFactory.issue(specification, now: clock.now), properties, now: clock.now)
    }
}
