internal import CEmulatorPKCS12

/// An operation that uses a key, by its name in `key_ops`.
enum KeyOperation: String {
    case encrypt, decrypt, sign, verify, wrapKey, unwrapKey

    /// The operation with this last segment of a URL's path.
    init?(path: String) {
        let all: [KeyOperation] = [.encrypt, .decrypt, .sign, .verify, .wrapKey, .unwrapKey]
        guard let found = all.first(where: { $0.rawValue.lowercased() == path.lowercased() }) else { return nil }
        self = found
    }

    /// The action that a role must permit.
    var verb: VaultAction.Verb {
        switch self {
        case .encrypt: .encrypt
        case .decrypt: .decrypt
        case .sign: .sign
        case .verify: .verify
        case .wrapKey: .wrap
        case .unwrapKey: .unwrap
        }
    }

    var isSignature: Bool { self == .sign || self == .verify }

    /// Whether Key Vault permits the operation for a key that is not valid yet or has expired, so that old data can
    /// be read and checked.
    var ignoresValidity: Bool { [.decrypt, .verify, .unwrapKey].contains(self) }
}

/// An algorithm of Key Vault, by its name in RFC 7518.
struct KeyAlgorithm {
    var name: String
    /// `RSA` or `EC`.
    var keyType: String
    /// The only curve of the algorithm; nil for RSA.
    var curve: String?
    /// The length of the hash in bytes; nil if any is possible.
    var hashLength: Int?
    var scheme: SecretKey.Scheme

    private static func rsa(_ name: String, _ bits: Int?, _ padding: emulator_key_scheme) -> KeyAlgorithm {
        KeyAlgorithm(
            name: name, keyType: "RSA", hashLength: bits.map { $0 / 8 },
            scheme: SecretKey.Scheme(padding: padding, digest: bits.map { "SHA\($0)" }))
    }

    private static func curve(_ name: String, _ bits: Int, _ curve: String) -> KeyAlgorithm {
        KeyAlgorithm(
            name: name, keyType: "EC", curve: curve, hashLength: bits / 8,
            scheme: SecretKey.Scheme(padding: EMULATOR_KEY_ECDSA, digest: "SHA\(bits)"))
    }

    private static func encryption(_ name: String, _ digest: String?) -> KeyAlgorithm {
        KeyAlgorithm(
            name: name, keyType: "RSA",
            scheme: SecretKey.Scheme(
                padding: digest == nil ? EMULATOR_KEY_PKCS1 : EMULATOR_KEY_OAEP, digest: digest))
    }

    private static let signatures = [
        rsa("RS256", 256, EMULATOR_KEY_PKCS1), rsa("RS384", 384, EMULATOR_KEY_PKCS1),
        rsa("RS512", 512, EMULATOR_KEY_PKCS1), rsa("RSNULL", nil, EMULATOR_KEY_PKCS1),
        rsa("PS256", 256, EMULATOR_KEY_PSS), rsa("PS384", 384, EMULATOR_KEY_PSS),
        rsa("PS512", 512, EMULATOR_KEY_PSS),
        curve("ES256", 256, "P-256"), curve("ES384", 384, "P-384"), curve("ES512", 512, "P-521"),
        curve("ES256K", 256, "P-256K"),
    ]

    private static let encryptions = [
        encryption("RSA1_5", nil), encryption("RSA-OAEP", "SHA1"), encryption("RSA-OAEP-256", "SHA256"),
    ]

    /// The algorithm with this name; nil if the operation does not have it.
    static func named(_ name: String, for operation: KeyOperation) -> KeyAlgorithm? {
        (operation.isSignature ? signatures : encryptions).first { $0.name == name }
    }
}
