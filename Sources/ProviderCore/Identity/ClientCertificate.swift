internal import Budgets
internal import Crypto
internal import CryptoExtras
internal import Documents
internal import FoundationEssentials
internal import KeyMaterial
package import SecretMemory

/// The certificate of an application and its RSA private key. A service principal without a client secret authenticates
/// with them.
package struct ClientCertificate: Sendable {
    /// The signature algorithms of client assertions.
    package enum Scheme: Sendable {
        /// RSASSA-PSS with SHA-256 (PS256 in JWT), which Entra asks for.
        case pss
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RS256 in JWT), the only one that AD FS supports.
        case pkcs1
    }

    /// The X.509 certificate in DER, which the thumbprint is computed from.
    package let certificate: SecretBytes
    /// The start and end of the validity, in RFC 3339.
    package let notBefore: String
    package let notAfter: String
    /// PKCS#8 or PKCS#1, in DER.
    private let key: SecretBytes

    /// The bytes that only the owner of the credential has: the whole certificate and the whole key.
    package var proof: SecretBytes {
        var builder = SecretBytesBuilder(capacity: certificate.count + key.count)
        certificate.withExposed { builder.append($0) }
        key.withExposed { builder.append($0) }
        return builder.finish()
    }

    /// Reads a certificate and its RSA key from PEM, or from a PKCS#12 file in base64 or binary form.
    ///
    /// If the text has several certificates, the one that belongs to the key is used, so the text can include the
    /// chain. Throws if the text does not hold exactly one private key with its certificate, or if the password is
    /// wrong.
    package init(parsing text: SecretBytes, password: SecretBytes? = nil) throws(ClientCertificateError) {
        let parts: (keys: [SecretBytes], certificates: [SecretBytes])
        if text.withExposed({ Self.looksLikePEM($0) }) {
            parts = try Self.pem(text, password)
        } else {
            parts = try Self.pkcs12(text, password)
        }
        guard let key = parts.keys.first else {
            throw ClientCertificateError(reason: "it has no private key", hint: Self.bothHint)
        }
        guard parts.keys.count == 1 else {
            throw ClientCertificateError(
                reason: "it has \(parts.keys.count) private keys, and one is expected",
                hint: "leave only the application's own key in clientcertificate")
        }
        guard !parts.certificates.isEmpty else {
            throw ClientCertificateError(reason: "it has no certificate", hint: Self.bothHint)
        }
        let publicKey = try Self.publicKey(of: key)
        var unreadable: DERError?
        for candidate in parts.certificates {
            do throws(DERError) {
                let fields = try X509Fields(candidate)
                guard fields.publicKey == publicKey else { continue }
                (certificate, self.key) = (candidate, key)
                (notBefore, notAfter) = (fields.notBefore, fields.notAfter)
                return
            } catch {
                unreadable = error
            }
        }
        if let unreadable {
            throw ClientCertificateError(
                reason: "its certificate cannot be read: \(unreadable.reason)", hint: Self.bothHint)
        }
        throw ClientCertificateError(
            reason: "its private key belongs to none of its certificates",
            hint: "put the certificate and the private key of one and the same pair into clientcertificate")
    }

    /// Returns a signature by the private key. PSS uses a random salt, so no two signatures are equal.
    package func signature(over message: [UInt8], _ scheme: Scheme) throws -> [UInt8] {
        let key = try self.key.withExposed { try _RSA.Signing.PrivateKey(derRepresentation: $0) }
        let signature = try key.signature(for: message, padding: scheme == .pss ? .PSS : .insecurePKCS1v1_5)
        return Array(signature.rawRepresentation)
    }

    /// Throws if `now`, in seconds since 1970, is outside the certificate's validity, because Entra would refuse it
    /// too.
    func checkValidity(now: Int) throws(ClientCertificateError) {
        let today = Timestamp.text(now)
        guard today <= notAfter else {
            throw ClientCertificateError(
                reason: "the certificate expired at \(notAfter); the node's clock shows \(today)",
                hint: "register a new certificate on the application and put it into clientcertificate")
        }
        guard notBefore <= today else {
            throw ClientCertificateError(
                reason: "the certificate is not valid before \(notBefore); the node's clock shows \(today)",
                hint: "check the node's clock, or wait")
        }
    }

    // MARK: - Reading

    private static let bothHint =
        "put PEM with the certificate and its private key, or a base64 encoded PKCS#12 file, into clientcertificate"

    private static func looksLikePEM(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // A PEM text can begin with other lines, so the marker may be anywhere.
        let marker = Array("-----BEGIN ".utf8)
        guard bytes.count >= marker.count else { return false }
        return (0...bytes.count - marker.count).contains { start in
            bytes[start] == marker[0] && bytes[start..<start + marker.count].elementsEqual(marker)
        }
    }

    private static func pem(
        _ text: SecretBytes, _ password: SecretBytes?
    ) throws(ClientCertificateError) -> ([SecretBytes], [SecretBytes]) {
        var keys: [SecretBytes] = []
        var work = PKCS12Work()
        let blocks = PEMReader.blocks(in: text)
        for block in blocks where block.label.hasSuffix("PRIVATE KEY") {
            let isOldEncryption = block.headers.contains { $0.key == "Proc-Type" && $0.value.contains("ENCRYPTED") }
            switch block.label {
            case _ where isOldEncryption:
                throw ClientCertificateError(
                    reason: "its private key is encrypted in OpenSSL's legacy format",
                    hint: "rewrite the key with `openssl pkcs8 -topk8 -nocrypt`")
            case "PRIVATE KEY", "RSA PRIVATE KEY": keys.append(block.der)
            case "ENCRYPTED PRIVATE KEY":
                do throws(DERError) {
                    keys.append(try PKCS12.decryptedKey(try DERElement.parse(block.der), password: password, &work))
                } catch {
                    guard error != PKCS12Work.exceeded else {
                        throw ClientCertificateError(
                            reason: "its private key takes too long to decrypt",
                            hint: "rewrite the key with `openssl pkcs8 -topk8 -iter 100000`")
                    }
                    if error.isUnsupported {
                        throw ClientCertificateError(
                            reason: "its private key is encrypted in a way that is not supported: \(error.reason)",
                            hint: "rewrite the key with `openssl pkcs8 -topk8 -v2 aes-256-cbc`")
                    }
                    throw ClientCertificateError(
                        reason: "its private key cannot be decrypted",
                        hint: "put the key's password into clientcertificatepassword of the same Secret")
                }
            default: throw notRSA
            }
        }
        return (keys, blocks.filter(\.isCertificate).map(\.der))
    }

    private static func pkcs12(
        _ text: SecretBytes, _ password: SecretBytes?
    ) throws(ClientCertificateError) -> ([SecretBytes], [SecretBytes]) {
        let file: SecretBytes
        if text.withExposed({ $0.count > 2 && $0[0] == DERElement.Tag.sequence && $0[1] >= 0x80 }) {
            // The text of a Secret cannot hold such bytes: on the way to the provider they become U+FFFD.
            guard !text.withExposed({ $0[1] == 0xEF && $0[2] == 0xBF }) else {
                throw ClientCertificateError(
                    reason: "it is a binary file, which a Secret's text in a mount request cannot hold",
                    hint: "encode the PKCS#12 file before it goes into the Secret, such as by `base64 -w0 app.pfx`")
            }
            file = text
        } else {
            guard let decoded = text.trimmingSpace().withExposed({ Base64.decode($0, alphabet: .standard) }),
                !decoded.isEmpty
            else { throw ClientCertificateError(reason: "it is neither PEM nor base64", hint: bothHint) }
            file = decoded
        }
        do throws(DERError) {
            let bundle = try PKCS12.open(file, password: password)
            return (bundle.keys, bundle.certificates)
        } catch {
            if error.isUnsupported {
                throw ClientCertificateError(
                    reason: "it cannot be opened as PKCS#12: \(error.reason)",
                    hint: "write the file again with `openssl pkcs12 -export`, which encrypts with AES")
            }
            throw ClientCertificateError(
                reason: "it cannot be opened as PKCS#12: \(error.reason)",
                hint: "check the file with `openssl pkcs12 -info`; if it has a password, put that into "
                    + "clientcertificatepassword of the same Secret")
        }
    }

    private static let notRSA = ClientCertificateError(
        reason: "its private key is not RSA",
        hint: "make a pair with an RSA key; Entra ID takes no other for applications"
    )

    /// Returns the RSAPublicKey (PKCS#1) that belongs to a private key, and checks the private key's consistency.
    private static func publicKey(of key: SecretBytes) throws(ClientCertificateError) -> [UInt8] {
        guard MountBudget.spend(rsaKeyBytes: key.count, on: .reading) else {
            throw ClientCertificateError(reason: "its private key takes too long to check", hint: bothHint)
        }
        do {
            return try key.withExposed {
                Array(try _RSA.Signing.PrivateKey(derRepresentation: $0).publicKey.pkcs1DERRepresentation)
            }
        } catch {
            guard case .incorrectParameterSize? = error as? CryptoKitError else {
                throw isOtherAlgorithm(key)
                    ? notRSA : ClientCertificateError(reason: "its private key is damaged", hint: bothHint)
            }
            throw ClientCertificateError(
                reason: "its RSA key has fewer than 2048 bits", hint: "make a pair with an RSA key of 2048 bits or more"
            )
        }
    }

    /// Whether `key` is a valid PKCS#8 structure with a key of another algorithm than RSA.
    private static func isOtherAlgorithm(_ key: SecretBytes) -> Bool {
        guard var reader = try? DERElement.parse(key).reader(), (try? reader.next()) != nil,
            var algorithm = try? reader.next(DERElement.Tag.sequence, "algorithm").reader(),
            let identifier = try? algorithm.next().objectIdentifier()
        else { return false }
        return identifier != "1.2.840.113549.1.1.1"
    }
}

/// Explains why a text is not a usable client certificate. It never holds any part of the text.
package struct ClientCertificateError: Error {
    package var reason: String
    package var hint: String
}
