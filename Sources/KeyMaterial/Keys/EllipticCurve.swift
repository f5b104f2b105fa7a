/// The elliptic curves that Key Vault supports.
package enum EllipticCurve: String, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"
    case p256k = "P-256K"

    init?(identifier: String) {
        guard let curve = Self.allCases.first(where: { $0.identifier == identifier }) else { return nil }
        self = curve
    }

    /// The object identifier of the curve (RFC 5480, SEC 2).
    var identifier: String {
        switch self {
        case .p256: "1.2.840.10045.3.1.7"
        case .p384: "1.3.132.0.34"
        case .p521: "1.3.132.0.35"
        case .p256k: "1.3.132.0.10"
        }
    }

    /// The number of bytes of a coordinate.
    var coordinateLength: Int {
        switch self {
        case .p256, .p256k: 32
        case .p384: 48
        case .p521: 66
        }
    }
}
