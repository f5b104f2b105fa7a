internal import CEmulatorPKCS12
internal import Foundation
internal import SwiftASN1
internal import X509

/// Reads what users import: a PFX, or PEM with a PKCS#8 key and certificates.
enum ImportedCertificate {
    /// `text` is base64 of either, or PEM as it stands. PEM is only taken where the policy says so, as
    /// Key Vault does.
    static func read(
        _ text: String, password: String?, isPEM: Bool
    ) throws -> IssuedCertificate {
        let bytes = text.contains("-----BEGIN") ? Array(text.utf8) : (Data(base64Encoded: text).map(Array.init) ?? [])
        let pem = isPEM ? String(decoding: bytes, as: UTF8.self) : try pkcs12(bytes, password: password)
        let documents: [PEMDocument]
        do {
            documents = try PEMDocument.parseMultiple(pemString: pem)
        } catch {
            throw VaultRefusal.badParameter("The specified PEM X.509 certificate content can not be read.")
        }
        guard let key = documents.first(where: { $0.discriminator == "PRIVATE KEY" }) else {
            throw VaultRefusal.badParameter(
                "The specified PEM X.509 certificate content has no private key in PKCS#8 form.")
        }
        do {
            let privateKey = try Certificate.PrivateKey(pemDocument: key)
            var chain = try documents.filter { $0.discriminator == "CERTIFICATE" }.map {
                try Certificate(derEncoded: $0.derBytes)
            }
            guard let index = chain.firstIndex(where: { $0.publicKey == privateKey.publicKey }) else {
                throw VaultRefusal.badParameter("None of the certificates belongs to the private key.")
            }
            chain.insert(chain.remove(at: index), at: 0)
            return IssuedCertificate(
                key: privateKey, keyPKCS8: key.derBytes, publicJWK: try KeyMaker.publicJWK(of: chain[0].publicKey),
                chain: try chain.map { try $0.derBytes() })
        } catch let refusal as VaultRefusal {
            throw refusal
        } catch {
            throw VaultRefusal.badParameter("The specified X.509 certificate content can not be read.")
        }
    }

    private static func pkcs12(_ bytes: [UInt8], password: String?) throws -> String {
        var output: UnsafeMutablePointer<UInt8>?
        let size = bytes.withUnsafeBufferPointer { file in
            (password ?? "").withCString { password in
                emulator_pkcs12_read(file.baseAddress, file.count, password, &output)
            }
        }
        guard let output, size > 0 else {
            throw VaultRefusal.badParameter(
                "The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 format."
            )
        }
        defer { free(output) }
        return String(decoding: UnsafeBufferPointer(start: output, count: size), as: UTF8.self)
    }
}
