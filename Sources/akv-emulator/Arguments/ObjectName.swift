import ArgumentParser

/// The name of a vault's object: `NAME` or `secrets/NAME`, `keys/NAME`, `certificates/NAME`.
struct ObjectName: ExpressibleByArgument {
    var collection: String
    var name: String

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: (collection, name) = ("secrets", parts[0])
        case 2 where ["secrets", "keys", "certificates"].contains(parts[0]): (collection, name) = (parts[0], parts[1])
        default: return nil
        }
        guard !name.isEmpty else { return nil }
    }

    /// The name in the form of role assignments, such as `secrets/NAME`.
    var text: String { "\(collection)/\(name)" }
}
