internal import Documents
package import ProviderCore

/// What the files' ServiceAccounts say of whom their pods are in Azure, and whether the provider looks at it.
package struct AnnotatedAccounts: Sendable {
    /// The flag of `serve`.
    package static let flag = "service-account-annotations"

    /// The provider takes the client of classes that name none from here.
    package var usesAnnotations: Bool
    private var identities: [ServiceAccountReference: AnnotatedIdentity] = [:]
    /// Of accounts that get their namespace when they are applied, by name.
    private var identitiesWithoutNamespace: [String: AnnotatedIdentity] = [:]

    /// `usesAnnotations` is what the user says; that the provider's own manifest is among `manifests`, with the flag
    /// on, says the same.
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

    /// Nil when no file holds the account.
    package subscript(account: ServiceAccountReference) -> AnnotatedIdentity? {
        identities[account] ?? identitiesWithoutNamespace[account.name]
    }

    /// Instead of what no file says.
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
