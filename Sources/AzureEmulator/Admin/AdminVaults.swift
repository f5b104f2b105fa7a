internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// What the vaults hold and who may do what with it: shown and changed without Azure's roles.
struct AdminVaults {
    let store: StateStore
    let clock: EmulatorClock

    /// `path` is what follows `/vaults`.
    func respond(to request: Request, _ path: [String]) async throws -> Response {
        if path.isEmpty, request.method == .get { return try Answer.json(of: store.vaults.map(Self.show)) }
        guard path.count >= 2 else { throw Seed.Invalid(description: "no such control") }
        if path.count == 2, path[1] == "access" { return try await changeAccess(request, in: path[0]) }
        guard path.count >= 3, let collection = VaultCollection(rawValue: path[1]) else {
            throw Seed.Invalid(description: "an object is called secrets/NAME, keys/NAME or certificates/NAME")
        }
        let (vault, name) = (path[0], path[2])
        let version = request.uri.queryParameters["version"].map(String.init) ?? ""
        switch (request.method, path.count > 3 ? path[3] : "") {
        case (.put, "") where collection == .secrets:
            let value = try await body(of: request)
            return try changed(try store.change(vault) { try $0.setSecret(name, value, now: clock.seconds) })
        case (.delete, ""):
            try store.change(vault) { _ = try $0.delete(name, collection, now: clock.seconds) }
            return try changed()
        case (.post, "recover"):
            try store.change(vault) { _ = try $0.recover(name, collection) }
            return try changed()
        case (.post, "purge"):
            try store.change(vault) { try $0.purge(name, collection) }
            return try changed()
        case (.post, "rotate"):
            let value = try await body(of: request)
            return try changed(try rotate(name, collection, in: vault, value: value.isEmpty ? nil : value))
        case (.post, "disable"), (.post, "enable"):
            let attributes = Vault.Attributes(enabled: path[3] == "enable")
            let id = try store.change(vault) { vault in
                try vault.update(name, collection, version: version, attributes, now: clock.seconds).id
            }
            return try changed(id)
        case (.get, "value") where collection == .secrets:
            let object = try found(vault).existing(name, collection)
            let shown = version.isEmpty ? object.versions.last : object.versions.first { $0.id == version }
            guard case .secret(let value, _, _) = shown?.content else {
                throw VaultRefusal.notFound(collection, name, version: version)
            }
            return try Answer.json(["value": value])
        default: throw Seed.Invalid(description: "no such control")
        }
    }

    // MARK: - Objects

    private func rotate(
        _ name: String, _ collection: VaultCollection, in vaultName: String, value: String?
    ) throws -> String {
        let vault = try found(vaultName)
        switch collection {
        case .secrets:
            let old = try vault.unmanaged(name, .secrets)
            let bytes = Data((0..<24).map { _ in UInt8.random(in: 0 ... .max) })
            guard let last = old.versions.last, case .secret(_, let contentType, _) = last.content else { return "" }
            let version = VaultVersion(
                id: VaultVersion.newID(), enabled: true, created: clock.seconds, tags: last.tags,
                content: .secret(value: value ?? bytes.base64URL, contentType: contentType, isCertificate: false))
            try store.change(vaultName) { try $0.add(version, to: name, .secrets) }
            return version.id
        case .keys:
            let version = try KeyMaker.successor(of: try vault.unmanaged(name, .keys), now: clock.seconds)
            try store.change(vaultName) { try $0.add(version, to: name, .keys) }
            return version.id
        case .certificates:
            let old = try vault.existing(name, .certificates)
            var policy = old.policy ?? CertificatePolicy()
            // The emulator stands in for whoever issued an imported one.
            policy.issuer = CertificatePolicy.Issuer(name: "Self")
            let (parts, request) = try CertificateParts.issue(
                policy, named: name, in: vault, tags: old.versions.last?.tags ?? [:], now: clock.now)
            let operation = CertificateOperation(requestID: UUID().uuidString.lowercased(), request: request)
            try store.change(vaultName) { try $0.add(parts, to: name, operation: operation) }
            return parts.versions[0].1.id
        }
    }

    private func found(_ name: String) throws -> Vault {
        guard let vault = store.vault(name) else {
            throw StateStore.Missing(
                description: Nearest.complaint("vault", name, among: store.vaults.map(\.name)))
        }
        return vault
    }

    // MARK: - Access

    /// `POST` grants and `DELETE` revokes the role assignment that the body is.
    private func changeAccess(_ request: Request, in vault: String) async throws -> Response {
        guard let access = try? JSONDecoder().decode(Seed.Access.self, from: Data(try await body(of: request).utf8))
        else { throw Seed.Invalid(description: "a role assignment has identity, role and perhaps object") }
        guard VaultRoles.isKnown(access.role) else {
            throw Seed.Invalid(description: Nearest.complaint("role", access.role, among: VaultRoles.names))
        }
        let names = store.identities.map(\.name)
        guard names.contains(access.identity) else {
            throw StateStore.Missing(description: Nearest.complaint("identity", access.identity, among: names))
        }
        if let object = access.object, object.split(separator: "/").count != 2 {
            throw Seed.Invalid(description: "an object is called secrets/NAME, keys/NAME or certificates/NAME")
        }
        switch request.method {
        case .post:
            try store.change(vault) { vault in
                if !vault.access.contains(access) { vault.access.append(access) }
            }
        case .delete:
            try store.change(vault) { vault in
                guard vault.access.contains(access) else {
                    throw StateStore.Missing(description: "\(access.identity) has no such role in \(vault.name)")
                }
                vault.access.removeAll { $0 == access }
            }
        default: throw Seed.Invalid(description: "no such control")
        }
        return try changed()
    }

    // MARK: - Answers

    private func body(of request: Request) async throws -> String {
        String(buffer: try await request.body.collect(upTo: AdminResponder.maximumBodyBytes))
    }

    private func changed(_ version: String? = nil) throws -> Response {
        try Answer.json(of: ChangedObject(version: version))
    }

    private static func show(_ vault: Vault) -> ShownVault {
        var (objects, deleted) = ([String: [ShownVault.Object]](), [String: [ShownVault.Deleted]]())
        for (collection, found) in vault.objects {
            objects[collection.rawValue] = found.values.sorted { $0.name < $1.name }.map { object in
                ShownVault.Object(
                    name: object.name, kind: object.versions.last.map(kind) ?? "", isManaged: object.isManaged,
                    tags: object.versions.last?.tags ?? [:],
                    versions: object.versions.reversed().map {
                        .init(id: $0.id, enabled: $0.enabled, created: $0.created, expires: $0.expires)
                    })
            }
        }
        for (collection, found) in vault.deleted {
            deleted[collection.rawValue] = found.values.filter { !$0.object.isManaged }
                .sorted { $0.object.name < $1.object.name }
                .map { ShownVault.Deleted(name: $0.object.name, scheduledPurge: $0.scheduledPurge) }
        }
        return ShownVault(
            name: vault.name, tenantID: vault.tenantID, access: vault.access, objects: objects, deleted: deleted)
    }

    private static func kind(of version: VaultVersion) -> String {
        switch version.content {
        case .secret(_, let contentType, _): contentType ?? ""
        case .key(let key): [key.publicJWK["kty"], key.publicJWK["crv"]].compactMap { $0 }.joined(separator: " ")
        case .certificate(_, let contentType): contentType
        }
    }
}
