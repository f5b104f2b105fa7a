internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// A private key in each form that the emulator needs.
struct KeyPair {
    var privateKey: Certificate.PrivateKey
    var pkcs8: [UInt8]
    /// The public half as a JSON Web Key (RFC 7517).
    var publicJWK: [String: String]

    var pem: String { PEMDocument(type: "PRIVATE KEY", derBytes: pkcs8).pemString + "\n" }

    /// Reads a PKCS#8 key in PEM.
    init(pem: String) throws {
        try self.init(PEMDocument(pemString: pem))
    }

    init(_ document: PEMDocument) throws {
        privateKey = try Certificate.PrivateKey(pemDocument: document)
        pkcs8 = document.derBytes
        publicJWK = try JSONWebKey.members(of: privateKey.publicKey)
    }

    /// Generates a key. `type` is `RSA` or `EC`, `curve` an EC key's curve and `size` an RSA key's bits.
    static func generate(type: String, curve: String, size: Int) throws -> KeyPair {
        switch (type, curve) {
        case ("RSA", _):
            let key = try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: size))
            return try KeyPair(pem: key.pkcs8PEMRepresentation)
        case ("EC", "P-256"): return try KeyPair(pem: P256.Signing.PrivateKey().pemRepresentation)
        case ("EC", "P-384"): return try KeyPair(pem: P384.Signing.PrivateKey().pemRepresentation)
        case ("EC", "P-521"): return try KeyPair(pem: P521.Signing.PrivateKey().pemRepresentation)
        default: throw EmulatorError("cannot generate a key of type \(type) on the curve \(curve)")
        }
    }
}
