internal import Yams

/// Which keys a seed may have where, so that a misspelt one is an error and not a vault without secrets.
indirect enum SeedShape: Sendable {
    /// Whatever the decoder makes of it.
    case value
    case list(SeedShape)
    case mapping([String: SeedShape])

    private static func keys(_ names: String...) -> SeedShape {
        .mapping(Dictionary(uniqueKeysWithValues: names.map { ($0, .value) }))
    }

    static let seed = SeedShape.mapping([
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
                "secrets": .list(
                    .mapping([
                        "name": .value, "value": .value, "contentType": .value, "enabled": .value, "tags": .value,
                        "expires": .value, "notBefore": .value,
                        "versions": .list(keys("id", "value", "enabled", "created")),
                    ])),
                "keys": .list(keys("name", "type", "curve", "size", "enabled")),
                "certificates": .list(
                    keys("name", "subject", "type", "contentType", "pkcs12", "chain", "exportable", "tags")),
                "bundles": .list(keys("path", "status", "body")),
            ])),
        // Faults check their own keys, which depend on the kind.
        "faults": .list(.value),
    ])

    /// Throws at the first key that does not belong.
    func check(_ node: Node, at place: String = "") throws {
        switch (self, node) {
        case (.list(let shape), .sequence(let items)):
            for (index, item) in items.enumerated() { try shape.check(item, at: "\(place)[\(index)]") }
        case (.mapping(let shapes), .mapping(let members)):
            for (key, value) in members {
                let name = key.string ?? ""
                guard let shape = shapes[name] else {
                    let complaint = Nearest.complaint("key", name, among: Array(shapes.keys))
                    throw Seed.Invalid(
                        description:
                            "the seed is not usable: \(complaint) (\(place.isEmpty ? "at the top" : "at \(place)"))")
                }
                try shape.check(value, at: place.isEmpty ? name : "\(place).\(name)")
            }
        default: break
        }
    }
}
