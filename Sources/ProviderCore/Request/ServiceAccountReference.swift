internal import SecretMemory

/// The service account of a pod, as named by the kubelet.
package struct ServiceAccountReference: Hashable, Sendable {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// The subject of the account's tokens, as written by the API server.
    package var subject: String { "system:serviceaccount:\(namespace):\(name)" }

    /// Namespace and name, for messages.
    package var path: String { "\(namespace.clipped)/\(name.clipped)" }
}
