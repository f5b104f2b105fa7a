internal import SecretMemory

/// The target of a request to the API server: an object, or the collection in which an object is created.
package struct KubernetesResource: Sendable {
    /// The action on the target, in the words of RBAC.
    package enum Verb: String, Sendable {
        case create
        case get
        case patch
    }

    /// The API group; empty for the core group.
    package var group = ""
    package var version = "v1"
    /// The kind in the plural, such as `events`.
    package var kind: String
    package var namespace: String
    /// The name; empty for an object that will be created.
    package var name: String

    package init(_ kind: String, in namespace: String, named name: String = "") {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// The path of the URL. Namespace and name are encoded, so that each of them stays one segment.
    package var path: String {
        let start = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        let collection = "\(start)/namespaces/\(Self.segment(namespace))/\(kind)"
        return name.isEmpty ? collection : "\(collection)/\(Self.segment(name))"
    }

    /// Returns the RBAC rule that allows `verb`, in the notation of a ClusterRole.
    func rule(for verb: Verb) -> String {
        "{ apiGroups: [\"\(group)\"], resources: [\"\(kind)\"], verbs: [\"\(verb.rawValue)\"] }"
    }

    /// The segments `.` and `..` would point to another place, and a Kubernetes name cannot be either.
    private static func segment(_ text: String) -> String {
        text.allSatisfy { $0 == "." } ? "-" : text.percentEncoded
    }
}
