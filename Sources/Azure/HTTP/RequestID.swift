internal import FoundationEssentials

/// Creates IDs by which the support of a service can find a request.
enum RequestID {
    /// Returns a random (version 4) UUID in lower case.
    static func make() -> String { UUID().uuidString.lowercased() }
}
