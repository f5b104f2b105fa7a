internal import Documents
package import ProviderCore

/// The Azure identities in the annotations of the files' ServiceAccounts, and whether the provider reads them.
package struct AnnotatedAccounts: Sendable {
    /// The flag of `serve` that makes the provider read them.
    package static let flag = "service-account-annotations"

    /// Whether the provider reads the client ID from annotations if a class does not have one.
    package var usesAnnotations: Bool
    private var identities: [ServiceAccountReference: AnnotatedIdentity] = [:]
    /// The identities of accounts that get their namespace when they are applied, by name.
    private var identitiesWithoutNamespace: [String: AnnotatedIdentity] = [:]

    /// Reads the accounts in `manifests`. `usesAnnotations` is the user's setting. A manifest of the provider with the
    /// flag has the same effect.
    init(_ manifests: [Manifest], usesAnnotations: Bool) {
        self.usesAnnotations = usesAnnotations || manifests.contains(where: Self.servesAnnotations)
        for manifest in manifests where manifest.kind == "ServiceAccount" {
            let annotations = manifest.root["metadata"]?["annotations"]
            let identity = AnnotatedIdentity(
                clientID: annotations?[AnnotatedIdentity.clientIDAnnotation]?.text,
                tenantID: annotations?[AnnotatedIdentity.tenantIDAnnotation]?.text)
            guard let namespace = manifest.namespace else {
                identitiesWithoutNamespace[manifest.name] = identity
                continue
            }
            identities[ServiceAccountReference(namespace: namespace, name: manifest.name)] = identity
        }
    }

    /// Returns the identity of an account, or nil if the files do not contain the account.
    package subscript(account: ServiceAccountReference) -> AnnotatedIdentity? {
        identities[account] ?? identitiesWithoutNamespace[account.name]
    }

    /// A placeholder for an identity that the files do not contain.
    static let unknown = AnnotatedIdentity(
        clientID: "<client-id>", tenantID: "00000000-0000-0000-0000-000000000000")

    private static func servesAnnotations(_ manifest: Manifest) -> Bool {
        (manifest.podTemplate?.containers ?? []).contains { container in
            let words = (container["command"]?.sequence ?? []) + (container["args"]?.sequence ?? [])
            return words.contains { word in
                guard let text = word.text, text.hasPrefix("-") else { return false }
                let parts = text.drop { $0 == "-" }.split(separator: "=", maxSplits: 1)
                guard parts.first.map(String.init) == flag else { return false }
                return parts.count < 2 || ["1", "t", "true"].contains(parts[1].lowercased())
            }
        }
    }
}
