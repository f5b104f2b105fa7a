internal import Foundation
internal import Hummingbird

/// What secrets, keys and certificates have in common.
extension VaultCall {
    private static let maximumSecretBytes = 25 << 10

    func setSecret(_ name: String) throws -> Response {
        try demand(.set, .secrets, name)
        guard let value = body["value"] as? String else {
            throw VaultRefusal.badParameter("The request body is not a secret: value is missing.")
        }
        guard value.utf8.count <= Self.maximumSecretBytes else {
            throw VaultRefusal.badParameter("The secret's value is longer than \(Self.maximumSecretBytes) bytes.")
        }
        let version = try newVersion(
            .secret(value: value, contentType: body["contentType"] as? String, isCertificate: false))
        let object = try change { vault in
            try vault.add(version, to: name, .secrets)
            return try vault.existing(name, .secrets)
        }
        return try bundle(version, of: object, .secrets)
    }

    /// `PATCH` of a version, or of the newest.
    func update(_ name: String, _ version: String, _ collection: VaultCollection) throws -> Response {
        try demand(.update, collection, name)
        let attributes = try attributes()
        let (object, changed) = try change { vault in
            let changed = try vault.update(name, collection, version: version, attributes, now: clock.seconds)
            return (try vault.existing(name, collection), changed)
        }
        return try Answer.json(
            VaultJSON.bundle(changed, of: object, collection, authority: authority, withValue: false))
    }

    // MARK: - Deleted objects

    func delete(_ name: String, _ collection: VaultCollection) throws -> Response {
        try demand(.delete, collection, name)
        let deleted = try change { try $0.delete(name, collection, now: clock.seconds) }
        return try Answer.json(VaultJSON.bundle(of: deleted, collection, authority: authority))
    }

    func respondOfDeleted(
        _ method: HTTPRequest.Method, _ path: [String], _ collection: VaultCollection
    ) throws -> Response {
        let name = path.count > 1 ? path[1] : ""
        switch (method, path.count) {
        case (.get, 1):
            try demand(.read, collection, "")
            let deleted = (vault.deleted[collection] ?? [:]).values.sorted { $0.object.name < $1.object.name }
            return try page(
                deleted.compactMap { VaultJSON.item(of: $0, collection, authority: authority) },
                path: "/\(collection.deletedName)")
        case (.get, 2):
            try demand(.read, collection, name)
            guard let deleted = vault.deletedObject(name, collection) else {
                throw VaultRefusal.notDeleted(collection, name)
            }
            return try Answer.json(VaultJSON.bundle(of: deleted, collection, authority: authority))
        case (.delete, 2):
            try demand(.purge, collection, name)
            try change { try $0.purge(name, collection) }
            return Response(status: .noContent)
        case (.post, 3) where path[2] == "recover":
            try demand(.recover, collection, name)
            let object = try change { try $0.recover(name, collection) }
            guard let version = object.versions.last else { throw VaultRefusal.notFound(collection, name) }
            return try Answer.json(
                VaultJSON.bundle(version, of: object, collection, authority: authority, withValue: false))
        default: throw VaultRefusal.unknownMethod
        }
    }

    // MARK: - Backups

    /// An object with all its versions, of a certificate its three parts.
    private struct Backup: Codable {
        var collection: VaultCollection
        var parts: [VaultCollection: VaultObject]
    }

    func backup(_ name: String, _ collection: VaultCollection) throws -> Response {
        try demand(.backup, collection, name)
        let object = try vault.unmanaged(name, collection)
        var backup = Backup(collection: collection, parts: [:])
        for part in Vault.parts(of: collection) { backup.parts[part] = vault.object(object.name, part) }
        return try Answer.json(["value": try JSONEncoder().encode(backup).base64URL])
    }

    func restore(_ collection: VaultCollection) throws -> Response {
        try demand(.restore, collection, "")
        guard let text = body["value"] as? String, let data = Data(base64URL: text),
            let backup = try? JSONDecoder().decode(Backup.self, from: data), backup.collection == collection,
            let object = backup.parts[collection], let version = object.versions.last
        else { throw VaultRefusal.badParameter("The backup blob is not one of a \(collection.singular.lowercased()).") }
        try change { vault in
            for part in Vault.parts(of: collection) {
                guard vault.object(object.name, part) == nil else { throw VaultRefusal.exists(part, object.name) }
                guard vault.deletedObject(object.name, part) == nil else {
                    throw VaultRefusal.isDeleted(part, object.name)
                }
            }
            for (part, object) in backup.parts {
                vault.objects[part, default: [:]][object.name.lowercased()] = object
            }
        }
        return try Answer.json(
            VaultJSON.bundle(version, of: object, collection, authority: authority, withValue: false))
    }
}
