internal import Crypto
internal import Foundation

/// The bundles and list items of Key Vault's REST API.
enum VaultJSON {
    static func bundle(
        _ version: VaultVersion, of name: String, _ collection: VaultCollection, authority: String
    ) -> [String: Any] {
        let base = "https://\(authority.hasSuffix(":443") ? String(authority.dropLast(4)) : authority)"
        func id(_ collection: VaultCollection) -> String { "\(base)/\(collection.rawValue)/\(name)/\(version.id)" }
        var body: [String: Any] = ["attributes": attributes(of: version), "tags": version.tags]
        switch version.content {
        case .secret(let value, let contentType, let isCertificate):
            body["value"] = value
            body["id"] = id(.secrets)
            if let contentType { body["contentType"] = contentType }
            if isCertificate {
                body["kid"] = id(.keys)
                body["managed"] = true
            }
        case .key(let jwk):
            var key: [String: Any] = jwk
            key["kid"] = id(.keys)
            key["key_ops"] = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
            body["key"] = key
        case .certificate(let der, let contentType):
            body["id"] = id(.certificates)
            body["kid"] = id(.keys)
            body["sid"] = id(.secrets)
            body["cer"] = Data(der).base64EncodedString()
            body["x5t"] = Data(Insecure.SHA1.hash(data: der)).base64URL
            body["contentType"] = contentType
            body["policy"] = [
                "id": "\(base)/certificates/\(name)/policy", "secret_props": ["contentType": contentType],
                "issuer": ["name": "Self"],
            ]
        }
        return body
    }

    static func item(
        _ version: VaultVersion, of name: String, _ collection: VaultCollection, authority: String, versioned: Bool
    ) -> [String: Any] {
        let id = "https://\(authority)/\(collection.rawValue)/\(name)" + (versioned ? "/\(version.id)" : "")
        var item: [String: Any] = ["attributes": attributes(of: version), "tags": version.tags]
        item[collection == .keys ? "kid" : "id"] = id
        switch version.content {
        case .secret(_, let contentType, _): item["contentType"] = contentType
        case .certificate(let der, _): item["x5t"] = Data(Insecure.SHA1.hash(data: der)).base64URL
        case .key: break
        }
        if version.isManaged { item["managed"] = true }
        return item
    }

    private static func attributes(of version: VaultVersion) -> [String: Any] {
        var attributes: [String: Any] = [
            "enabled": version.enabled, "created": version.created, "updated": version.created,
            "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
        ]
        attributes["exp"] = version.expires
        attributes["nbf"] = version.notBefore
        return attributes
    }
}
