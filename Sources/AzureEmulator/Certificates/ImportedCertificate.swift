internal import CEmulatorPKCS12
internal import Foundation
internal import SwiftASN1
internal import X509

/// Reads the certificates that users import: a PKCS#12 file, or PEM with a PKCS#8 key and certificates.
enum ImportedCertificate {
    /// Reads `text`, which is Base64 of one of the two forms, or PEM itself. Like Key Vault, this accepts
    /// PEM only if `isPEM` is true, which is when the policy has the content type of PEM.
    static func read(_ text: String, password: String?, isPEM: Bool) throws -> IssuedCertificate {
        let bytes = text.contains("-----BEGIN") ? Array(text.utf8) : (Data(base64Encoded: text).map(Array.init) ?? [])
        let pem = isPEM ? String(decoding: bytes, as: UTF8.self) : try pem(ofPKCS12: bytes, password: password)
        let documents: [PEMDocument]
        do {
            documents = try PEMDocument.parseMultiple(pemString: pem)
        } catch {
            throw CertificateInputError("The specified PEM X.509 certificate content can not be read.")
        }
        guard let keyDocument = documents.first(where: { $0.discriminator == "PRIVATE KEY" }) else {
            throw CertificateInputError(
                "The specified PEM X.509 certificate content has no private key in PKCS#8 form.")
        }
        do {
            let key = try KeyPair(keyDocument)
            var chain = try documents.filter { $0.discriminator == "CERTIFICATE" }.map {
                try Certificate(derEncoded: $0.derBytes)
            }
            guard let leaf = chain.firstIndex(where: { $0.publicKey == key.privateKey.publicKey }) else {
                throw CertificateInputError("None of the certificates belongs to the private key.")
            }
            chain.insert(chain.remove(at: leaf), at: 0)
            return IssuedCertificate(key: key, chain: try chain.map { try $0.derBytes() })
        } catch let error as CertificateInputError {
            throw error
        } catch {
            throw CertificateInputError("The specified X.509 certificate content can not be read.")
        }
    }

    /// The key and the certificates of a PKCS#12 file, in PEM.
    private static func pem(ofPKCS12 bytes: [UInt8], password: String?) throws -> String {
        var output: UnsafeMutablePointer<UInt8>?
        let size = bytes.withUnsafeBufferPointer { file in
            (password ?? "").withCString { password in
                emulator_pkcs12_read(file.baseAddress, file.count, password, &output)
            }
        }
        guard let output, size > 0 else {
            throw CertificateInputError(
                "The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 format."
            )
        }
        defer { free(output) }
        return String(decoding: UnsafeBufferPointer(start: output, count: size), as: UTF8.self)
    }
}
