internal import Crypto
internal import Foundation

/// The bundles and list items of Key Vault's REST API.
enum VaultJSON {
    /// `https://` and the vault's host as identifiers have it, without the port that goes without saying.
    static func base(_ authority: String) -> String {
        "https://\(authority.hasSuffix(":443") ? String(authority.dropLast(4)) : authority)"
    }

    /// `withValue` says whether a secret's value is told, as only `get` and `set` do.
    static func bundle(
        _ version: VaultVersion, of object: VaultObject, _ collection: VaultCollection, authority: String,
        withValue: Bool = true
    ) -> [String: Any] {
        let base = base(authority)
        func id(_ collection: VaultCollection) -> String {
            "\(base)/\(collection.rawValue)/\(object.name)/\(version.id)"
        }
        var body: [String: Any] = ["attributes": attributes(of: version), "tags": version.tags]
        switch version.content {
        case .secret(let value, let contentType, let isCertificate):
            if withValue { body["value"] = value }
            body["id"] = id(.secrets)
            if let contentType { body["contentType"] = contentType }
            if isCertificate {
                body["kid"] = id(.keys)
                body["managed"] = true
            }
        case .key(let key):
            var members: [String: Any] = key.publicJWK
            members["kid"] = id(.keys)
            members["key_ops"] = key.operations
            body["key"] = members
            if key.isCertificate { body["managed"] = true }
        case .certificate(let der, let contentType):
            body["id"] = id(.certificates)
            body["kid"] = id(.keys)
            body["sid"] = id(.secrets)
            body["cer"] = Data(der).base64EncodedString()
            body["x5t"] = Data(Insecure.SHA1.hash(data: der)).base64URL
            body["contentType"] = contentType
            body["policy"] = policy(of: object, authority: authority)
        }
        return body
    }

    static func item(
        _ version: VaultVersion, of object: VaultObject, _ collection: VaultCollection, authority: String,
        versioned: Bool
    ) -> [String: Any] {
        let id = "\(base(authority))/\(collection.rawValue)/\(object.name)" + (versioned ? "/\(version.id)" : "")
        var item: [String: Any] = ["attributes": attributes(of: version), "tags": version.tags]
        item[collection == .keys ? "kid" : "id"] = id
        switch version.content {
        case .secret(_, let contentType, let isCertificate):
            item["contentType"] = contentType
            if isCertificate { item["managed"] = true }
        case .certificate(let der, _): item["x5t"] = Data(Insecure.SHA1.hash(data: der)).base64URL
        case .key(let key): if key.isCertificate { item["managed"] = true }
        }
        return item
    }

    // MARK: - Deleted objects

    static func bundle(
        of deleted: DeletedObject, _ collection: VaultCollection, authority: String
    ) -> [String: Any] {
        guard let version = deleted.object.versions.last else { return [:] }
        let body = bundle(version, of: deleted.object, collection, authority: authority, withValue: false)
        return body.merging(recovery(of: deleted, collection, authority)) { $1 }
    }

    static func item(
        of deleted: DeletedObject, _ collection: VaultCollection, authority: String
    ) -> [String: Any]? {
        guard let version = deleted.object.versions.last else { return nil }
        let item = item(version, of: deleted.object, collection, authority: authority, versioned: false)
        return item.merging(recovery(of: deleted, collection, authority)) { $1 }
    }

    private static func recovery(
        of deleted: DeletedObject, _ collection: VaultCollection, _ authority: String
    ) -> [String: Any] {
        [
            "recoveryId": "\(base(authority))/\(collection.deletedName)/\(deleted.object.name)",
            "deletedDate": deleted.deleted, "scheduledPurgeDate": deleted.scheduledPurge,
        ]
    }

    // MARK: - Parts

    static func policy(of object: VaultObject, authority: String) -> [String: Any] {
        let data = object.policy.flatMap { try? JSONEncoder().encode($0) }
        var policy = data.flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any] ?? [:]
        policy["id"] = "\(base(authority))/certificates/\(object.name)/policy"
        let created = object.versions.first?.created ?? 0
        policy["attributes"] = [
            "enabled": true, "created": created, "updated": object.versions.last?.created ?? created,
        ]
        return policy
    }

    private static func attributes(of version: VaultVersion) -> [String: Any] {
        var attributes: [String: Any] = [
            "enabled": version.enabled, "created": version.created, "updated": version.updated ?? version.created,
            "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": DeletedObject.retentionDays,
        ]
        attributes["nbf"] = version.notBefore
        attributes["exp"] = version.expires
        return attributes
    }
}
