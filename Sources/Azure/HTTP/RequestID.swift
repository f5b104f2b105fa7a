internal import FoundationEssentials

/// Ids that let the service's support find a request.
enum RequestID {
    /// A random (version 4) UUID in lower case.
    static func make() -> String { UUID().uuidString.lowercased() }
}
