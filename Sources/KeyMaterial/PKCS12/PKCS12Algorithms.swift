/// The names of encryption algorithms that are not supported, for errors.
enum PKCS12Algorithms {
    private static let names = [
        "1.3.6.1.4.1.11591.4.11": "scrypt",
        "1.2.840.113549.1.5.1": "PBE-MD2-DES", "1.2.840.113549.1.5.3": "PBE-MD5-DES",
        "1.2.840.113549.1.5.4": "PBE-MD2-RC2", "1.2.840.113549.1.5.6": "PBE-MD5-RC2",
        "1.2.840.113549.1.5.10": "PBE-SHA1-DES", "1.2.840.113549.1.5.11": "PBE-SHA1-RC2",
        "1.2.840.113549.1.5.14": "PBMAC1",
        "1.2.840.113549.1.12.1.1": "PBE-SHA1-RC4 with 128 bits", "1.2.840.113549.1.12.1.2": "PBE-SHA1-RC4 with 40 bits",
        "1.2.392.200011.61.1.1.1.2": "Camellia-128-CBC", "1.2.392.200011.61.1.1.1.3": "Camellia-192-CBC",
        "1.2.392.200011.61.1.1.1.4": "Camellia-256-CBC",
        "1.2.410.200004.1.4": "SEED-CBC", "1.2.410.200046.1.1.2": "ARIA-128-CBC",
        "1.2.410.200046.1.1.7": "ARIA-192-CBC", "1.2.410.200046.1.1.12": "ARIA-256-CBC",
        "1.3.14.3.2.7": "DES-CBC", "1.2.840.113549.3.2": "RC2-CBC",
        "2.16.840.1.101.3.4.1.6": "AES-128-GCM", "2.16.840.1.101.3.4.1.26": "AES-192-GCM",
        "2.16.840.1.101.3.4.1.46": "AES-256-GCM",
        "1.2.840.113549.2.5": "MD5", "2.16.840.1.101.3.4.2.4": "SHA-224", "1.2.840.113549.2.12": "HMAC-SHA-512/224",
        "1.2.840.113549.2.13": "HMAC-SHA-512/256", "2.16.840.1.101.3.4.2.7": "SHA3-224",
        "2.16.840.1.101.3.4.2.8": "SHA3-256", "2.16.840.1.101.3.4.2.9": "SHA3-384",
        "2.16.840.1.101.3.4.2.10": "SHA3-512",
    ]

    /// Returns the name of an algorithm, or its identifier if it does not have a name here.
    static func name(_ identifier: String) -> String { names[identifier].map { "\($0) (\(identifier))" } ?? identifier }
}

extension DERError {
    private static let sign = "is not supported"

    static func unsupported(_ what: String, _ identifier: String) -> DERError {
        DERError("pkcs12: \(what) \(PKCS12Algorithms.name(identifier)) \(sign)")
    }

    /// Whether the content is encrypted with an unsupported algorithm, so that a password would not help.
    package var isUnsupported: Bool { reason.hasSuffix(Self.sign) }
}
