internal import SecretMemory

/// What a request to the API server is about: one object, or where a new one is to be.
package struct KubernetesResource: Sendable {
    /// What is done with it, as RBAC calls it.
    package enum Verb: String, Sendable {
        case create
        case get
        case patch
    }

    /// Empty for the core group.
    package var group = ""
    package var version = "v1"
    /// In the plural, such as `events`.
    package var kind: String
    package var namespace: String
    /// Empty for an object that is to be created.
    package var name: String

    package init(_ kind: String, in namespace: String, named name: String = "") {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// The path of its URL. Whatever namespace and name hold, each stays one segment.
    package var path: String {
        let start = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        let collection = "\(start)/namespaces/\(Self.segment(namespace))/\(kind)"
        return name.isEmpty ? collection : "\(collection)/\(Self.segment(name))"
    }

    /// The RBAC rule that permits `verb`, as a ClusterRole has it.
    func rule(for verb: Verb) -> String {
        "{ apiGroups: [\"\(group)\"], resources: [\"\(kind)\"], verbs: [\"\(verb.rawValue)\"] }"
    }

    /// `.` and `..` would lead out of their place, and no Kubernetes name can be either.
    private static func segment(_ text: String) -> String {
        text.allSatisfy { $0 == "." } ? "-" : text.percentEncoded
    }
}
