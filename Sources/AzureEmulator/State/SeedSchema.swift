internal import Yams

/// The keys that each part of a seed may have. A misspelt key is an error: without the check, a vault with
/// `secret` instead of `secrets` would be empty.
indirect enum SeedSchema: Sendable {
    /// Any value. The decoder checks it.
    case value
    case list(SeedSchema)
    case mapping([String: SeedSchema])

    private static func keys(_ names: String...) -> SeedSchema {
        .mapping(Dictionary(uniqueKeysWithValues: names.map { ($0, .value) }))
    }

    static let seed = SeedSchema.mapping([
        "clusterIssuer": .value,
        "issuers": .list(keys("url", "jwks")),
        "identities": .list(
            .mapping([
                "name": .value, "clientID": .value, "tenantID": .value, "clientSecrets": .value,
                "clientCertificates": .value,
                "boundServiceAccounts": .value,
                "federatedCredentials": .list(keys("name", "issuer", "subject", "audience")),
            ])),
        "node": keys("systemAssigned", "userAssigned"),
        "podIdentities": .list(keys("namespace", "pod", "identity")),
        "vaults": .list(
            .mapping([
                "name": .value, "tenantID": .value,
                "access": .list(keys("identity", "role", "object")),
                "accessPolicies": .list(keys("identity", "secrets", "keys", "certificates")),
                "firewall": keys("allow", "clientAddress", "publicAccess"),
                "secrets": .list(
                    .mapping([
                        "name": .value, "value": .value, "contentType": .value, "enabled": .value, "tags": .value,
                        "notBefore": .value, "expires": .value,
                        "versions": .list(keys("id", "value", "enabled", "created")),
                    ])),
                "keys": .list(keys("name", "type", "curve", "size", "enabled", "tags", "notBefore", "expires")),
                "certificates": .list(
                    keys("name", "subject", "type", "contentType", "pkcs12", "chain", "exportable", "enabled", "tags")),
                "bundles": .list(keys("path", "status", "body")),
            ])),
        // Faults check their own keys, which depend on the kind.
        "faults": .list(.value),
    ])

    /// Throws an `EmulatorError` for the first unknown key. `place` is the path of `node` in the seed.
    func check(_ node: Node, at place: String = "") throws {
        switch (self, node) {
        case (.list(let schema), .sequence(let items)):
            for (index, item) in items.enumerated() { try schema.check(item, at: "\(place)[\(index)]") }
        case (.mapping(let schemas), .mapping(let members)):
            for (key, value) in members {
                let name = key.string ?? ""
                guard let schema = schemas[name] else {
                    let message = SpellingSuggestion.message(unknown: "key", name, among: Array(schemas.keys))
                    throw EmulatorError(
                        "the seed is not usable: \(message) (\(place.isEmpty ? "at the top" : "at \(place)"))")
                }
                try schema.check(value, at: place.isEmpty ? name : "\(place).\(name)")
            }
        default: break
        }
    }
}
