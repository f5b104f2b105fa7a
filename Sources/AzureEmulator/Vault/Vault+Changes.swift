/// The changes to a vault's objects. Each one throws a `VaultError` if Key Vault would
/// refuse it.
extension Vault {
    /// The new attributes of a version; nil leaves an attribute unchanged.
    struct Attributes: Sendable {
        var enabled: Bool?
        var notBefore: Int?
        var expires: Int?
        var tags: [String: String]?
        var contentType: String?
        var operations: [String]?
    }

    /// The object. Throws if it does not exist.
    func existing(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        guard let object = object(name, collection) else { throw VaultError.notFound(collection, name) }
        return object
    }

    /// The object. Throws if it does not exist or belongs to a certificate.
    func unmanaged(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        let object = try existing(name, collection)
        guard !object.isManaged else { throw VaultError.isManaged(collection, object.name) }
        return object
    }

    /// Throws if the object called `name` cannot get a new version.
    func checkWritable(_ name: String, _ collection: VaultCollection) throws {
        guard VaultError.isName(name) else { throw VaultError.invalidName(name) }
        for part in collection.parts {
            guard deletedObject(name, part) == nil else { throw VaultError.isDeleted(part, name) }
            guard let object = object(name, part) else { continue }
            if collection != .certificates, object.isManaged { throw VaultError.isManaged(part, object.name) }
            // A certificate cannot have the name of a secret or a key that does not belong to it.
            if collection == .certificates, part != .certificates, !object.isManaged {
                throw VaultError.exists(part, object.name)
            }
        }
    }

    /// Adds a version to an object, and creates the object if it does not exist.
    mutating func add(_ version: VaultVersion, to name: String, _ collection: VaultCollection) throws {
        try checkWritable(name, collection)
        append(version, to: name, collection)
    }

    /// Gives a secret a new version with the value and nothing else. Returns the version's id.
    mutating func setSecret(_ name: String, _ value: String, now: Int) throws -> String {
        let version = VaultVersion(
            id: VaultVersion.newID(), enabled: true, created: now, tags: [:],
            content: .secret(value: value, contentType: nil, isCertificate: false))
        try add(version, to: name, .secrets)
        return version.id
    }

    /// Adds a version to a certificate, and creates the certificate if it does not exist.
    mutating func add(_ parts: CertificateParts, to name: String, operation: CertificateOperation?) throws {
        try checkWritable(name, .certificates)
        for part in parts.versions { append(part.version, to: name, part.collection) }
        change(name, .certificates) { object in
            object.policy = parts.policy
            object.operation = operation
        }
    }

    /// Updates the version with the given id, or the newest one if `id` is empty. Returns the updated version.
    @discardableResult
    mutating func update(
        _ name: String, _ collection: VaultCollection, version id: String, _ attributes: Attributes, now: Int
    ) throws -> VaultVersion {
        let object = try unmanaged(name, collection)
        let index = id.isEmpty ? object.versions.indices.last : object.versions.firstIndex { $0.id == id }
        guard let index else { throw VaultError.notFound(collection, name, version: id) }
        let versionID = object.versions[index].id
        for part in collection.parts {
            change(name, part) { object in
                for index in object.versions.indices where object.versions[index].id == versionID {
                    object.versions[index].apply(attributes, now: now)
                }
            }
        }
        return try existing(name, collection).versions[index]
    }

    /// Soft-deletes an object, a certificate together with its key and its secret.
    @discardableResult
    mutating func delete(_ name: String, _ collection: VaultCollection, now: Int) throws -> DeletedObject {
        let object = try unmanaged(name, collection)
        for part in collection.parts {
            guard let object = objects[part]?.removeValue(forKey: name.lowercased()) else { continue }
            deleted[part, default: [:]][name.lowercased()] = DeletedObject(object: object, deleted: now)
        }
        return DeletedObject(object: object, deleted: now)
    }

    /// Recovers a soft-deleted object and returns it.
    @discardableResult
    mutating func recover(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        let found = try unmanagedDeleted(name, collection)
        for part in collection.parts {
            guard let found = deleted[part]?.removeValue(forKey: name.lowercased()) else { continue }
            objects[part, default: [:]][name.lowercased()] = found.object
        }
        return found.object
    }

    /// Removes a soft-deleted object for good, so that its name is free again.
    mutating func purge(_ name: String, _ collection: VaultCollection) throws {
        _ = try unmanagedDeleted(name, collection)
        for part in collection.parts { deleted[part]?[name.lowercased()] = nil }
    }

    /// The soft-deleted object. Throws if it does not exist or belongs to a certificate.
    private func unmanagedDeleted(_ name: String, _ collection: VaultCollection) throws -> DeletedObject {
        guard let found = deletedObject(name, collection), collection == .certificates || !found.object.isManaged else {
            throw VaultError.notDeleted(collection, name)
        }
        return found
    }
}

extension VaultVersion {
    fileprivate mutating func apply(_ attributes: Vault.Attributes, now: Int) {
        enabled = attributes.enabled ?? enabled
        notBefore = attributes.notBefore ?? notBefore
        expires = attributes.expires ?? expires
        tags = attributes.tags ?? tags
        updated = now
        switch content {
        case .secret(let value, let contentType, let isCertificate):
            content = .secret(
                value: value, contentType: attributes.contentType ?? contentType, isCertificate: isCertificate)
        case .key(var key):
            key.operations = attributes.operations ?? key.operations
            content = .key(key)
        case .certificate: break
        }
    }
}
