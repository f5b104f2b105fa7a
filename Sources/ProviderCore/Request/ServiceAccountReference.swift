internal import SecretMemory

/// A pod's service account, as the kubelet names it.
package struct ServiceAccountReference: Hashable, Sendable {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// What the API server writes into its tokens.
    package var subject: String { "system:serviceaccount:\(namespace):\(name)" }

    /// Namespace and name, for messages.
    package var path: String { "\(namespace.clipped)/\(name.clipped)" }
}
