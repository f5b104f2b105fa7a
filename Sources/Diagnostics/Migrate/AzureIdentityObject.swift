internal import Documents

/// The identity that a workload had before the migration, as far as the manifests show it.
struct FormerIdentity: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A user-assigned managed identity, with its name and resource group if its ID is known.
        case managed(name: String?, group: String?)
        /// An application with a client secret or a certificate.
        case application
    }

    var clientID: String
    var kind: Kind
}

/// The objects of aad-pod-identity, and the pods that they apply to.
struct PodIdentityObjects {
    let identities: [Manifest]
    let bindings: [Manifest]

    init(_ manifests: [Manifest]) {
        let objects = manifests.filter { $0.apiVersion.hasPrefix("aadpodidentity.k8s.io/") }
        identities = objects.filter { $0.kind == "AzureIdentity" }
        bindings = objects.filter { $0.kind == "AzureIdentityBinding" }
    }

    /// All objects, which can be removed when they are no longer used.
    var all: [Manifest] { identities + bindings }

    /// Returns the identities that pods with that `aadpodidbinding` label can have.
    func identities(for label: String, namespace: String) -> [FormerIdentity] {
        let names = bindings.filter { Self.text($0.root["spec"], "selector") == label }
            .compactMap { Self.text($0.root["spec"], "azureIdentity") }
        let matching = identities.filter { names.contains($0.name) }
        let near = matching.filter { ($0.namespace ?? "default") == namespace }
        var found: [FormerIdentity] = []
        for manifest in near.isEmpty ? matching : near {
            guard let identity = Self.identity(manifest), !found.contains(identity) else { continue }
            found.append(identity)
        }
        return found
    }

    /// Returns the value of the label on the pods of a binding.
    static func selector(of binding: Manifest) -> String? { text(binding.root["spec"], "selector") }

    /// Returns whether `binding` is for `identity`.
    func names(_ binding: Manifest, _ identity: Manifest) -> Bool {
        Self.text(binding.root["spec"], "azureIdentity") == identity.name
    }

    /// Returns a field. Old manifests write the names of fields with capitals, such as `ClientID` and `Selector`.
    private static func text(_ spec: YAMLNode?, _ name: String) -> String? {
        spec?.mapping?.first { $0.key.scalar?.text.lowercased() == name.lowercased() }?.value.text
    }

    private static func identity(_ manifest: Manifest) -> FormerIdentity? {
        let spec = manifest.root["spec"]
        guard let clientID = text(spec, "clientID") else { return nil }
        guard (text(spec, "type") ?? "0") == "0" else { return FormerIdentity(clientID: clientID, kind: .application) }
        let parts = (text(spec, "resourceID") ?? "").split(separator: "/").map(String.init)
        func part(after name: String) -> String? {
            guard let index = parts.firstIndex(where: { $0.lowercased() == name }), parts.indices.contains(index + 1)
            else {
                return nil
            }
            return parts[index + 1]
        }
        return FormerIdentity(
            clientID: clientID,
            kind: .managed(name: part(after: "userassignedidentities"), group: part(after: "resourcegroups")))
    }
}
