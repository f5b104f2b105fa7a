internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The controls for vaults and their objects. They do not need a role.
struct AdminVaults {
    static let objectForms = "an object is called secrets/NAME, keys/NAME or certificates/NAME"

    let store: StateStore
    let clock: EmulatorClock

    /// Responds to a request. `path` is the path after `/vaults`.
    func respond(to request: Request, _ path: [String]) async throws -> Response {
        if path.isEmpty, request.method == .get { return try .json(encoding: store.vaults.map(VaultSummary.init)) }
        guard path.count >= 2 else { throw AdminResponder.unknownControl }
        let access = AdminAccess(store: store)
        if let response = try await access.respond(to: request, vault: path[0], Array(path.dropFirst())) {
            return response
        }
        guard path.count >= 3, let collection = VaultCollection(rawValue: path[1]) else {
            throw EmulatorError(Self.objectForms)
        }
        let (vault, name) = (path[0], path[2])
        let version = request.uri.queryParameters["version"].map(String.init) ?? ""
        switch (request.method, path.count > 3 ? path[3] : "") {
        case (.put, "") where collection == .secrets:
            let value = try await AdminResponder.body(of: request)
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
            let value = try await AdminResponder.body(of: request)
            return try changed(try rotate(name, collection, in: vault, value: value.isEmpty ? nil : value))
        case (.post, "disable"), (.post, "enable"):
            let attributes = Vault.Attributes(enabled: path[3] == "enable")
            let id = try store.change(vault) { vault in
                try vault.update(name, collection, version: version, attributes, now: clock.seconds).id
            }
            return try changed(id)
        case (.get, "value") where collection == .secrets:
            let object = try store.existingVault(vault).existing(name, collection)
            guard case .secret(let value, _, _) = object.version(version)?.content else {
                throw VaultError.notFound(collection, name, version: version)
            }
            return try .json(["value": value])
        default: throw AdminResponder.unknownControl
        }
    }

    // MARK: - Objects

    /// Adds a version of the same kind as the newest one and returns its id. A secret without a new `value`
    /// gets a random one.
    private func rotate(
        _ name: String, _ collection: VaultCollection, in vaultName: String, value: String?
    ) throws -> String {
        let vault = try store.existingVault(vaultName)
        switch collection {
        case .secrets:
            let bytes = Data((0..<24).map { _ in UInt8.random(in: 0 ... .max) })
            guard let last = try vault.unmanaged(name, .secrets).versions.last,
                case .secret(_, let contentType, _) = last.content
            else { return "" }
            let version = VaultVersion(
                id: VaultVersion.newID(), enabled: true, created: clock.seconds, tags: last.tags,
                content: .secret(value: value ?? bytes.base64URL, contentType: contentType, isCertificate: false))
            try store.change(vaultName) { try $0.add(version, to: name, .secrets) }
            return version.id
        case .keys:
            let version = try VaultVersion.rotatedKey(of: try vault.unmanaged(name, .keys), now: clock.seconds)
            try store.change(vaultName) { try $0.add(version, to: name, .keys) }
            return version.id
        case .certificates:
            let current = try vault.existing(name, .certificates)
            var policy = current.policy ?? CertificatePolicy()
            // The emulator also renews certificates that were imported from another issuer.
            policy.issuer = CertificatePolicy.Issuer(name: "Self")
            let (parts, request) = try CertificateParts.issue(
                CertificateParts.Properties(policy: policy, tags: current.versions.last?.tags ?? [:]),
                named: name, in: vault, now: clock.now)
            let operation = CertificateOperation(requestID: UUID().uuidString.lowercased(), request: request)
            try store.change(vaultName) { try $0.add(parts, to: name, operation: operation) }
            return parts.id
        }
    }

    private func changed(_ version: String? = nil) throws -> Response {
        try .json(encoding: ObjectChange(version: version))
    }
}
