internal import CEmulatorPKCS12
internal import Foundation
internal import SwiftASN1
internal import X509

/// A private key with its chain of certificates.
struct IssuedCertificate {
    /// The encryption of a PKCS#12 file.
    enum PKCS12Style {
        /// The style that Key Vault writes: Triple DES, a MAC with SHA-1 and the NULL password.
        case keyVault
        /// The style that OpenSSL 3 writes: AES-256, a MAC with SHA-256 and the empty password.
        case modern
    }

    var key: KeyPair
    /// The certificates in DER, the leaf first.
    var chain: [[UInt8]]

    func leaf() throws -> Certificate { try Certificate(derEncoded: chain[0]) }

    var chainPEM: String {
        chain.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
    }

    /// The chain, and the key if `withKey` is true, as a PKCS#12 file.
    func pkcs12(style: PKCS12Style, withKey: Bool) throws -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let keyBytes = withKey ? key.pkcs8 : []
        let buffers = chain.map { bytes in
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = buffer.initialize(from: bytes)
            return buffer
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        let pointers = buffers.compactMap { $0.baseAddress.map { UnsafePointer($0) } }
        let size = keyBytes.withUnsafeBufferPointer { keyBuffer in
            emulator_pkcs12_create(
                keyBuffer.baseAddress, keyBytes.count, pointers, chain.map(\.count), chain.count,
                style == .modern ? EMULATOR_PKCS12_MODERN : EMULATOR_PKCS12_KEY_VAULT, &output)
        }
        guard let output, size > 0 else { throw EmulatorError("OpenSSL could not write a PKCS#12 file") }
        defer { free(output) }
        return Array(UnsafeBufferPointer(start: output, count: size))
    }
}

extension Certificate {
    /// The certificate in DER.
    func derBytes() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
