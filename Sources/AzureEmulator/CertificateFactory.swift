internal import CEmulatorPKCS12
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// A private key with the chain of certificates made for it, the leaf first.
struct IssuedCertificate {
    var key: Certificate.PrivateKey
    var keyPKCS8: [UInt8]
    var publicJWK: [String: String]
    var chain: [[UInt8]]

    var keyPEM: String { PEMDocument(type: "PRIVATE KEY", derBytes: keyPKCS8).pemString + "\n" }
    var chainPEM: String {
        chain.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
    }

    /// The PKCS#12 file that Key Vault would keep.
    func pkcs12(modern: Bool, withKey: Bool) throws -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let key = withKey ? keyPKCS8 : []
        let buffers = chain.map { bytes in
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = buffer.initialize(from: bytes)
            return buffer
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        let pointers = buffers.compactMap { $0.baseAddress.map { UnsafePointer($0) } }
        let size = key.withUnsafeBufferPointer { keyBytes in
            emulator_pkcs12_create(
                keyBytes.baseAddress, key.count, pointers, chain.map(\.count), chain.count,
                modern ? EMULATOR_PKCS12_MODERN : EMULATOR_PKCS12_KEY_VAULT, &output)
        }
        guard let output, size > 0 else { throw Seed.Invalid(description: "OpenSSL could not write the PKCS#12 file") }
        defer { free(output) }
        return Array(UnsafeBufferPointer(start: output, count: size))
    }
}

/// Makes keys and certificates, for the vaults' contents and for the emulator's own TLS.
enum CertificateFactory {
    /// What is asked of a certificate.
    struct Order {
        /// Such as `CN=shop.example, O=Shop`.
        var subject: String
        var type = "RSA"
        var curve = "P-256"
        var size = 2048
        /// How many certificates: the leaf, intermediates, and for more than one the root.
        var chainLength = 1
        var names: [GeneralName] = []
        var months = 12
        /// A PKCS#8 key in PEM to use again.
        var key: String?
    }

    /// A key and its chain: leaf, intermediates, and for more than one certificate the root.
    static func issue(_ order: Order, now: Date) throws -> IssuedCertificate {
        let (key, pkcs8, jwk) =
            try order.key.map(existingKey) ?? makeKey(type: order.type, curve: order.curve, size: order.size)
        let names = ["Emulated Root CA", "Emulated Intermediate CA"]
        var issuer: (name: DistinguishedName, key: Certificate.PrivateKey)?
        var authorities: [[UInt8]] = []
        for name in names.prefix(max(0, order.chainLength - 1)) {
            let authority = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let distinguished = try DistinguishedName { CommonName(name) }
            let certificate = try make(
                subject: distinguished, publicKey: authority.publicKey, issuer: issuer?.name ?? distinguished,
                issuerKey: issuer?.key ?? authority, now: now, isAuthority: true, names: [])
            authorities.insert(try certificate.derBytes(), at: 0)
            issuer = (distinguished, authority)
        }
        let distinguished = try SubjectName.parse(order.subject)
        // A month is a twelfth of a year.
        let leaf = try make(
            subject: distinguished, publicKey: key.publicKey, issuer: issuer?.name ?? distinguished,
            issuerKey: issuer?.key ?? key, now: now, isAuthority: false, names: order.names,
            days: order.months * 365 / 12)
        return IssuedCertificate(
            key: key, keyPKCS8: pkcs8, publicJWK: jwk, chain: [try leaf.derBytes()] + authorities)
    }

    /// A key that is given in PEM, in the same three forms.
    private static func existingKey(_ pem: String) throws -> (Certificate.PrivateKey, [UInt8], [String: String]) {
        let key = try Certificate.PrivateKey(pemEncoded: pem)
        return (key, try PEMDocument(pemString: pem).derBytes, try KeyMaker.publicJWK(of: key.publicKey))
    }

    /// A key as swift-certificates' type, as PKCS#8, and its public half as a JSON Web Key.
    static func makeKey(
        type: String, curve: String, size: Int
    ) throws -> (Certificate.PrivateKey, [UInt8], [String: String]) {
        if type == "RSA" {
            let key = try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: size))
            let numbers = try key.publicKey.getKeyPrimitives()
            let jwk = ["kty": "RSA", "n": numbers.modulus.base64URL, "e": numbers.publicExponent.base64URL]
            let pkcs8 = try PEMDocument(pemString: key.pkcs8PEMRepresentation).derBytes
            return (Certificate.PrivateKey(key), pkcs8, jwk)
        }
        func jwk(_ point: Data) -> [String: String] {
            let half = (point.count - 1) / 2
            return [
                "kty": "EC", "crv": curve, "x": Data(point.dropFirst().prefix(half)).base64URL,
                "y": Data(point.suffix(half)).base64URL,
            ]
        }
        func der(_ pem: String) throws -> [UInt8] { try PEMDocument(pemString: pem).derBytes }
        switch curve {
        case "P-256":
            let key = P256.Signing.PrivateKey()
            return (Certificate.PrivateKey(key), try der(key.pemRepresentation), jwk(key.publicKey.x963Representation))
        case "P-384":
            let key = P384.Signing.PrivateKey()
            return (Certificate.PrivateKey(key), try der(key.pemRepresentation), jwk(key.publicKey.x963Representation))
        case "P-521":
            let key = P521.Signing.PrivateKey()
            return (Certificate.PrivateKey(key), try der(key.pemRepresentation), jwk(key.publicKey.x963Representation))
        default:
            throw Seed.Invalid(description: "no key can be made of type \(type) and curve \(curve)")
        }
    }

    static func make(
        subject: DistinguishedName, publicKey: Certificate.PublicKey, issuer: DistinguishedName,
        issuerKey: Certificate.PrivateKey, now: Date, isAuthority: Bool, names: [GeneralName],
        days: Int = 365
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-3600),
            notValidAfter: now.addingTimeInterval(TimeInterval(days) * 86_400),
            issuer: issuer,
            subject: subject,
            extensions: Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                }
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: issuerKey.publicKey).keyIdentifier)
                if !names.isEmpty { SubjectAlternativeNames(names) }
            },
            issuerPrivateKey: issuerKey)
    }
}

extension Certificate {
    func derBytes() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}

extension Data {
    /// Without padding (RFC 4648, section 5).
    var base64URL: String {
        base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
