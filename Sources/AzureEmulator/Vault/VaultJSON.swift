internal import Crypto
internal import Foundation

/// Writes the bundles and the list items of Key Vault's REST API.
struct VaultJSON {
    /// The host, with its port if it has one, with which the client asked for the vault.
    let authority: String

    /// The start of the vault's object identifiers: `https://` and the host, without the default port.
    var base: String { "https://\(authority.hasSuffix(":443") ? String(authority.dropLast(4)) : authority)" }

    /// The bundle of a version of `object`. `withValue` says whether it contains a secret's value, which is
    /// the case only in the responses to `get` and `set`.
    func bundle(
        of version: VaultVersion, in object: VaultObject, withValue: Bool = true
    ) throws -> [String: Any] {
        func id(_ collection: VaultCollection) -> String {
            "\(base)/\(collection.rawValue)/\(object.name)/\(version.id)"
        }
        var body: [String: Any] = ["attributes": Self.attributes(of: version), "tags": version.tags]
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
            body["x5t"] = Self.thumbprint(der)
            body["contentType"] = contentType
            body["policy"] = try policy(of: object)
        }
        return body
    }

    /// The list item of a version of `object`. `withVersion` says whether its identifier contains the version.
    func item(
        of version: VaultVersion, in object: VaultObject, _ collection: VaultCollection, withVersion: Bool
    ) -> [String: Any] {
        let id = "\(base)/\(collection.rawValue)/\(object.name)" + (withVersion ? "/\(version.id)" : "")
        var item: [String: Any] = ["attributes": Self.attributes(of: version), "tags": version.tags]
        item[collection == .keys ? "kid" : "id"] = id
        switch version.content {
        case .secret(_, let contentType, let isCertificate):
            item["contentType"] = contentType
            if isCertificate { item["managed"] = true }
        case .certificate(let der, _): item["x5t"] = Self.thumbprint(der)
        case .key(let key): if key.isCertificate { item["managed"] = true }
        }
        return item
    }

    // MARK: - Deleted objects

    /// The bundle of a soft-deleted object.
    func bundle(of deleted: DeletedObject, _ collection: VaultCollection) throws -> [String: Any] {
        guard let version = deleted.object.versions.last else { return [:] }
        let body = try bundle(of: version, in: deleted.object, withValue: false)
        return body.merging(recovery(of: deleted, collection)) { $1 }
    }

    /// The list item of a soft-deleted object; nil if the object has no version.
    func item(of deleted: DeletedObject, _ collection: VaultCollection) -> [String: Any]? {
        guard let version = deleted.object.versions.last else { return nil }
        let item = item(of: version, in: deleted.object, collection, withVersion: false)
        return item.merging(recovery(of: deleted, collection)) { $1 }
    }

    private func recovery(of deleted: DeletedObject, _ collection: VaultCollection) -> [String: Any] {
        [
            "recoveryId": "\(base)/\(collection.deletedName)/\(deleted.object.name)",
            "deletedDate": deleted.deleted, "scheduledPurgeDate": deleted.scheduledPurge,
        ]
    }

    // MARK: - Parts

    /// A certificate's policy.
    func policy(of object: VaultObject) throws -> [String: Any] {
        var policy = try object.policy.flatMap { JSON.object(try JSON.data(encoding: $0)) } ?? [:]
        policy["id"] = "\(base)/certificates/\(object.name)/policy"
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

    private static func thumbprint(_ der: [UInt8]) -> String { Data(Insecure.SHA1.hash(data: der)).base64URL }
}
