/// One kind of Key Vault object, by the name of its REST collection.
enum VaultCollection: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case secrets
    case keys
    case certificates

    /// The word for an object of this kind in error messages.
    var singular: String {
        switch self {
        case .secrets: "Secret"
        case .keys: "Key"
        case .certificates: "Certificate"
        }
    }

    /// The collection of soft-deleted objects: `deletedsecrets`, `deletedkeys` or `deletedcertificates`.
    var deletedName: String { "deleted\(rawValue)" }

    init?(deletedName: String) {
        guard let found = Self.allCases.first(where: { $0.deletedName == deletedName }) else { return nil }
        self = found
    }

    /// The collections that contain a part of an object of this kind. A certificate consists of three objects.
    var parts: [VaultCollection] { self == .certificates ? [.certificates, .secrets, .keys] : [self] }
}
