/// What can be done to a vault's objects, by whomever: each is done wholly or refused.
extension Vault {
    /// What an update says of a version; nil leaves it as it is.
    struct Attributes: Sendable {
        var enabled: Bool?
        var notBefore: Int?
        var expires: Int?
        var tags: [String: String]?
        var contentType: String?
        var operations: [String]?
    }

    /// The object, which must be there.
    func existing(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        guard let object = object(name, collection) else { throw VaultRefusal.notFound(collection, name) }
        return object
    }

    /// The object, which must be there and its own master.
    func unmanaged(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        let object = try existing(name, collection)
        guard !object.isManaged else { throw VaultRefusal.isManaged(collection, object.name) }
        return object
    }

    /// Refuses a name that cannot get a new version.
    func demandWritable(_ name: String, _ collection: VaultCollection) throws {
        let isAllowed = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
        }
        guard isAllowed, (1...127).contains(name.utf8.count) else {
            throw VaultRefusal.badParameter(
                "The request URI contains an invalid name: \(name). A name has 1 to 127 letters, digits and hyphens.")
        }
        for part in Self.parts(of: collection) {
            guard deletedObject(name, part) == nil else { throw VaultRefusal.isDeleted(part, name) }
            guard let object = object(name, part) else { continue }
            if collection != .certificates, object.isManaged { throw VaultRefusal.isManaged(part, object.name) }
            // A certificate cannot take the name of a secret or a key that stands alone.
            if collection == .certificates, part != .certificates, !object.isManaged {
                throw VaultRefusal.exists(part, object.name)
            }
        }
    }

    mutating func add(_ version: VaultVersion, to name: String, _ collection: VaultCollection) throws {
        try demandWritable(name, collection)
        append(version, to: name, collection)
    }

    /// A secret's new version with a value and nothing else, and its name.
    mutating func setSecret(_ name: String, _ value: String, now: Int) throws -> String {
        let version = VaultVersion(
            id: VaultVersion.newID(), enabled: true, created: now, tags: [:],
            content: .secret(value: value, contentType: nil, isCertificate: false))
        try add(version, to: name, .secrets)
        return version.id
    }

    mutating func add(_ parts: CertificateParts, to name: String, operation: CertificateOperation?) throws {
        try demandWritable(name, .certificates)
        for (collection, version) in parts.versions { append(version, to: name, collection) }
        change(name, .certificates) { object in
            object.policy = parts.policy
            object.operation = operation
        }
    }

    /// The version called `id`, or the newest when it is empty.
    @discardableResult
    mutating func update(
        _ name: String, _ collection: VaultCollection, version id: String, _ attributes: Attributes, now: Int
    ) throws -> VaultVersion {
        let object = try unmanaged(name, collection)
        let index = id.isEmpty ? object.versions.indices.last : object.versions.firstIndex { $0.id == id }
        guard let index else { throw VaultRefusal.notFound(collection, name, version: id) }
        let versionID = object.versions[index].id
        for part in Self.parts(of: collection) {
            change(name, part) { object in
                for index in object.versions.indices where object.versions[index].id == versionID {
                    object.versions[index].apply(attributes, now: now)
                }
            }
        }
        return try existing(name, collection).versions[index]
    }

    /// A soft delete, of a certificate together with its key and secret.
    @discardableResult
    mutating func delete(_ name: String, _ collection: VaultCollection, now: Int) throws -> DeletedObject {
        let object = try unmanaged(name, collection)
        for part in Self.parts(of: collection) {
            guard let object = objects[part]?.removeValue(forKey: name.lowercased()) else { continue }
            deleted[part, default: [:]][name.lowercased()] = DeletedObject(object: object, deleted: now)
        }
        return DeletedObject(object: object, deleted: now)
    }

    @discardableResult
    mutating func recover(_ name: String, _ collection: VaultCollection) throws -> VaultObject {
        guard let found = deletedObject(name, collection), collection == .certificates || !found.object.isManaged else {
            throw VaultRefusal.notDeleted(collection, name)
        }
        for part in Self.parts(of: collection) {
            guard let found = deleted[part]?.removeValue(forKey: name.lowercased()) else { continue }
            objects[part, default: [:]][name.lowercased()] = found.object
        }
        return found.object
    }

    mutating func purge(_ name: String, _ collection: VaultCollection) throws {
        guard let found = deletedObject(name, collection), collection == .certificates || !found.object.isManaged else {
            throw VaultRefusal.notDeleted(collection, name)
        }
        for part in Self.parts(of: collection) { deleted[part]?[name.lowercased()] = nil }
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
