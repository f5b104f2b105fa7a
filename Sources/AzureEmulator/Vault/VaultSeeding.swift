internal import Foundation

/// Makes the vaults that a seed describes.
enum VaultSeeding {
    static func vaults(of seed: Seed, _ clock: EmulatorClock) throws -> [Vault] {
        try (seed.vaults ?? []).map { try make($0, clock) }
    }

    private static func make(_ seed: Seed.Vault, _ clock: EmulatorClock) throws -> Vault {
        var objects: [VaultCollection: [String: VaultObject]] = [:]
        func add(_ object: VaultObject, _ collection: VaultCollection) throws {
            guard objects[collection]?[object.name.lowercased()] == nil else {
                throw Seed.Invalid(
                    description: "vault \(seed.name) has two \(collection.rawValue) called \(object.name)")
            }
            objects[collection, default: [:]][object.name.lowercased()] = object
        }
        for secret in seed.secrets ?? [] {
            try add(VaultObject(name: secret.name, versions: try versions(of: secret, clock)), .secrets)
        }
        for key in seed.keys ?? [] {
            let jwk = try KeyMaker.make(type: key.type, curve: key.curve, size: key.size).publicJWK
            let version = VaultVersion(
                id: VaultVersion.newID(), enabled: key.enabled ?? true, created: clock.seconds,
                notBefore: key.notBefore,
                expires: key.expires, tags: key.tags ?? [:], content: .key(VaultKey(publicJWK: jwk)))
            try add(VaultObject(name: key.name, versions: [version]), .keys)
        }
        for certificate in seed.certificates ?? [] {
            let made = try CertificateParts.make(certificate, now: clock.now)
            for (collection, version) in made.versions {
                let policy = collection == .certificates ? made.policy : nil
                try add(VaultObject(name: certificate.name, versions: [version], policy: policy), collection)
            }
        }
        var bundles: [String: Seed.Bundle] = [:]
        for bundle in seed.bundles ?? [] { bundles[bundle.path.lowercased()] = bundle }
        return Vault(
            name: seed.name, tenantID: seed.tenantID, access: seed.access ?? [], objects: objects, bundles: bundles)
    }

    private static func versions(of seed: Seed.Secret, _ clock: EmulatorClock) throws -> [VaultVersion] {
        var history = seed.versions ?? []
        if let value = seed.value {
            history.append(Seed.SecretVersion(value: value, enabled: seed.enabled))
        }
        guard !history.isEmpty else { throw Seed.Invalid(description: "secret \(seed.name) has no value") }
        return history.enumerated().map { index, version in
            VaultVersion(
                id: version.id ?? VaultVersion.newID(), enabled: version.enabled ?? true,
                created: version.created ?? clock.seconds - (history.count - 1 - index) * 60,
                notBefore: seed.notBefore, expires: seed.expires, tags: seed.tags ?? [:],
                content: .secret(value: version.value, contentType: seed.contentType, isCertificate: false))
        }
    }
}
