internal import Foundation
internal import HTTPTypes

/// The operations that change objects and that secrets, keys and certificates have in common.
extension VaultRequest {
    static let maximumSecretBytes = 25 << 10

    func setSecret(_ name: String) throws -> VaultResponse {
        try authorize(.set, .secrets, name)
        guard let value = body["value"] as? String else {
            throw VaultError.badParameter("The request body is not a secret: value is missing.")
        }
        guard value.utf8.count <= Self.maximumSecretBytes else {
            throw VaultError.badParameter("The secret's value is longer than \(Self.maximumSecretBytes) bytes.")
        }
        let contentType = body["contentType"] as? String
        return try add(
            try newVersion(.secret(value: value, contentType: contentType, isCertificate: false)), to: name, .secrets)
    }

    /// Adds a version to an object. The response is the version's bundle.
    func add(_ version: VaultVersion, to name: String, _ collection: VaultCollection) throws -> VaultResponse {
        let object = try change { vault in
            try vault.add(version, to: name, collection)
            return try vault.existing(name, collection)
        }
        return VaultResponse(body: try json.bundle(of: version, in: object))
    }

    /// Updates a version, or the newest one if `version` is empty.
    func update(_ name: String, version: String, _ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.update, collection, name)
        let attributes = try attributes()
        let (object, updated) = try change { vault in
            let updated = try vault.update(name, collection, version: version, attributes, now: clock.seconds)
            return (try vault.existing(name, collection), updated)
        }
        return VaultResponse(body: try json.bundle(of: updated, in: object, withValue: false))
    }

    // MARK: - Deleted objects

    func delete(_ name: String, _ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.delete, collection, name)
        let deleted = try change { try $0.delete(name, collection, now: clock.seconds) }
        return VaultResponse(body: try json.bundle(of: deleted, collection))
    }

    /// Responds to the requests below `/deletedsecrets`, `/deletedkeys` and `/deletedcertificates`.
    func respondForDeleted(_ collection: VaultCollection) throws -> VaultResponse {
        let name = path.count > 1 ? path[1] : ""
        switch (method, path.count) {
        case (.get, 1):
            try authorize(.read, collection)
            let deleted = (vault.deleted[collection] ?? [:]).values.sorted { $0.object.name < $1.object.name }
            return try page(
                deleted.compactMap { json.item(of: $0, collection) }, path: "/\(collection.deletedName)")
        case (.get, 2):
            try authorize(.read, collection, name, permission: "get")
            guard let deleted = vault.deletedObject(name, collection) else {
                throw VaultError.notDeleted(collection, name)
            }
            return VaultResponse(body: try json.bundle(of: deleted, collection))
        case (.delete, 2):
            try authorize(.purge, collection, name)
            try change { try $0.purge(name, collection) }
            return VaultResponse(status: .noContent)
        case (.post, 3) where path[2] == "recover":
            try authorize(.recover, collection, name)
            return try newest(of: try change { try $0.recover(name, collection) }, collection)
        default: throw VaultError.unknownMethod
        }
    }

    /// The bundle of an object's newest version, without a secret's value.
    private func newest(of object: VaultObject, _ collection: VaultCollection) throws -> VaultResponse {
        guard let version = object.versions.last else { throw VaultError.notFound(collection, object.name) }
        return VaultResponse(body: try json.bundle(of: version, in: object, withValue: false))
    }

    // MARK: - Backups

    /// The content of a backup: an object with all its versions, of a certificate its three parts.
    private struct Backup: Codable {
        var collection: VaultCollection
        var parts: [VaultCollection: VaultObject]
    }

    func backup(_ name: String, _ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.backup, collection, name)
        let object = try vault.unmanaged(name, collection)
        var backup = Backup(collection: collection, parts: [:])
        for part in collection.parts { backup.parts[part] = vault.object(object.name, part) }
        return VaultResponse(body: ["value": try JSON.data(encoding: backup).base64URL])
    }

    func restore(_ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.restore, collection)
        guard let text = body["value"] as? String, let data = Data(base64URL: text),
            let backup = JSON.decode(Backup.self, from: data), backup.collection == collection,
            let object = backup.parts[collection], !object.versions.isEmpty
        else { throw VaultError.badParameter("The backup blob is not one of a \(collection.singular.lowercased()).") }
        try change { vault in
            for part in collection.parts {
                guard vault.object(object.name, part) == nil else { throw VaultError.exists(part, object.name) }
                guard vault.deletedObject(object.name, part) == nil else {
                    throw VaultError.isDeleted(part, object.name)
                }
            }
            for (part, object) in backup.parts {
                vault.objects[part, default: [:]][object.name.lowercased()] = object
            }
        }
        return try newest(of: object, collection)
    }
}
