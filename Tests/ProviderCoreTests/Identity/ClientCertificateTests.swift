import Foundation
import KeyMaterial
import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("ClientCertificate")
struct ClientCertificateTests {
    private static func pem(_ key: TestKeys.Key, _ leaf: TestKeys.Key) throws -> [UInt8] {
        let material = try TestKeys.shared.get()
        return try #require(material.keys[key]) + #require(material.leaves[leaf])
    }

    private static func rewritten(_ command: [String]) throws -> [UInt8] {
        let key = try #require(try TestKeys.shared.get().keys[.rsa])
        return try TestKeys.openssl(command, input: key)
    }

    private static func problem(_ text: some Sequence<UInt8>, password: String? = nil) throws -> String {
        do throws(ClientCertificateError) {
            _ = try ClientCertificate(parsing: SecretBytes(Array(text)), password: password.map { SecretBytes($0) })
        } catch {
            #expect(error.hint.count > 20)
            return error.reason
        }
        Issue.record("it is taken")
        return ""
    }

    /// Whether OpenSSL verifies the signature with the leaf.
    private static func isVerified(_ signature: [UInt8], of message: [UInt8], options: [String]) throws -> Bool {
        let directory = try TemporaryDirectory()
        try directory.write(try #require(try TestKeys.shared.get().leaves[.rsa]), to: "leaf.pem")
        try directory.write(
            try run(["openssl", "x509", "-in", "leaf.pem", "-noout", "-pubkey"], in: directory), to: "key")
        try directory.write(signature, to: "signature")
        try directory.write(message, to: "message")
        let output = try run(
            ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature"] + options + ["message"],
            in: directory)
        return String(decoding: output, as: UTF8.self).contains("Verified OK")
    }

    @Test("PEM is read, in either order, with either form of the key and with a chain", arguments: 0..<4)
    func pem(shape: Int) throws {
        let material = try TestKeys.shared.get()
        let (key, leaf) = (try #require(material.keys[.rsa]), try #require(material.leaves[.rsa]))
        let text: [UInt8]
        switch shape {
        case 0: text = key + leaf
        case 1: text = Array("Bag Attributes\n".utf8) + leaf + key
        case 2: text = try Self.rewritten(["rsa", "-traditional", "-in", "in.pem"]) + material.root + leaf
        default: text = material.intermediate + leaf + material.root + key
        }
        let certificate = try ClientCertificate(parsing: SecretBytes(text))
        let der = try TestKeys.der(leaf)
        #expect(certificate.certificate.exposedBytes == der)
        #expect(certificate.notBefore < certificate.notAfter)
        #expect(certificate.notAfter.hasPrefix("20"))
        let message = Array("message".utf8)
        #expect(
            try Self.isVerified(
                try certificate.signature(over: message, .pss), of: message,
                options: ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]))
        #expect(try Self.isVerified(try certificate.signature(over: message, .pkcs1), of: message, options: []))
    }

    @Test(
        "PKCS#12 is read as base64 and as bytes, with and without a password",
        arguments: ["", "-legacy", "-certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha512", "-nomac"],
        [nil, "pässword 🔑"] as [String?])
    func pkcs12(shape: String, password: String?) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.rsa])
        let file = try material.pkcs12(
            key: .rsa, certificates: [material.root, leaf], options: shape.split(separator: " ").map(String.init),
            password: password ?? "")
        let der = try TestKeys.der(leaf)
        let base64 = Data(file.exposedBytes).base64EncodedString(options: .lineLength76Characters) + "\r\n"
        for text in [file.exposedBytes, Array(base64.utf8)] {
            let certificate = try ClientCertificate(
                parsing: SecretBytes(text), password: password.map { SecretBytes($0) })
            #expect(certificate.certificate.exposedBytes == der)
        }
        guard password != nil else { return }
        for wrong in [nil, "password"] as [String?] {
            let reason = try Self.problem(base64.utf8, password: wrong)
            // Without a MAC, a wrong password shows only in the decrypted bytes, which are random.
            #expect(reason.contains("pkcs12") || reason.contains("PKCS#12"))
        }
    }

    @Test("An encrypted PKCS#8 key needs its password", arguments: ["aes-256-cbc", "des3"])
    func encryptedKey(cipher: String) throws {
        let leaf = try #require(try TestKeys.shared.get().leaves[.rsa])
        let key = try Self.rewritten(["pkcs8", "-topk8", "-v2", cipher, "-passout", "pass:word", "-in", "in.pem"])
        _ = try ClientCertificate(parsing: SecretBytes(leaf + key), password: SecretBytes("word"))
        #expect(try Self.problem(leaf + key) == "its private key cannot be decrypted")
        #expect(try Self.problem(leaf + key, password: "other") == "its private key cannot be decrypted")
    }

    @Test(
        "A key with unsupported encryption is reported as such, whatever the password",
        arguments: [
            ("-scrypt", "scrypt"), ("-v2 camellia-256-cbc", "Camellia-256-CBC"), ("-v2 aria-128-cbc", "ARIA-128-CBC"),
            ("-v1 PBE-MD5-DES -provider legacy -provider default", "PBE-MD5-DES"),
            ("-v1 PBE-SHA1-RC4-128 -provider legacy -provider default", "PBE-SHA1-RC4"),
            ("-v2 aes-256-cbc -v2prf hmacWithSHA512-256", "HMAC-SHA-512/256"),
        ])
    func unsupported(options: String, name: String) throws {
        let leaf = try #require(try TestKeys.shared.get().leaves[.rsa])
        let words = options.split(separator: " ").map(String.init)
        let key = try Self.rewritten(["pkcs8", "-topk8", "-passout", "pass:word", "-in", "in.pem"] + words)
        for password in ["word", nil] {
            let problem = try Self.problem(leaf + key, password: password)
            #expect(problem.contains("not supported") && problem.contains(name), "\(problem)")
        }
    }

    @Test("A key that needs too much work to decrypt is refused before the attempt")
    func endlessKey() throws {
        let algorithm = DERWriter.sequence(
            DERWriter.objectIdentifier("1.2.840.113549.1.12.1.3"),
            DERWriter.sequence(DERWriter.octetString(SecretBytes([1])), DERWriter.integer([0x7F, 0xFF, 0xFF, 0xFF])))
        let key = DERWriter.sequence(algorithm, DERWriter.octetString(SecretBytes([UInt8](repeating: 0, count: 8))))
        let pem = PEMBlock.text(of: [PEMBlock(label: "ENCRYPTED PRIVATE KEY", der: key)]).exposedBytes
        #expect(try Self.problem(pem) == "its private key takes too long to decrypt")
    }

    @Test("An unusable certificate or key is refused with the reason")
    func refusals() throws {
        let material = try TestKeys.shared.get()
        let (key, leaf) = (try #require(material.keys[.rsa]), try #require(material.leaves[.rsa]))
        #expect(try Self.problem(leaf) == "it has no private key")
        #expect(try Self.problem(key) == "it has no certificate")
        #expect(try Self.problem(key + key + leaf) == "it has 2 private keys, and one is expected")
        #expect(try Self.problem(key + material.root).hasPrefix("its private key belongs to none"))
        for other in [TestKeys.Key.p256, .p384, .p521] {
            #expect(try Self.problem(try Self.pem(other, other)) == "its private key is not RSA")
        }
        let old = try TestKeys.openssl(
            ["rsa", "-traditional", "-aes128", "-passout", "pass:word", "-in", "in.pem"], input: key)
        #expect(try Self.problem(leaf + old) == "its private key is encrypted in OpenSSL's legacy format")
        let small = try TestKeys.openssl(["genrsa", "-traditional", "1024"], input: [])
        #expect(try Self.problem(leaf + small) == "its RSA key has fewer than 2048 bits")
        #expect(try Self.problem("no certificate".utf8) == "it is neither PEM nor base64")
        #expect(try Self.problem("bm8gY2VydGlmaWNhdGU=".utf8).hasPrefix("it cannot be opened as PKCS#12"))
        let binary = try material.pkcs12(key: .rsa, certificates: [leaf])
        let mangled = String(decoding: binary.exposedBytes, as: UTF8.self)
        #expect(try Self.problem(mangled.utf8).hasPrefix("it is a binary file"))
    }

    @Test("No mutation of a valid text traps or appears in an error")
    func mutations() throws {
        let good = try Self.pem(.rsa, .rsa)
        let file = try TestKeys.shared.get().pkcs12(
            key: .rsa, certificates: [try #require(try TestKeys.shared.get().leaves[.rsa])],
            options: ["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"])
        var random = SeededRandom(seed: 20)
        for _ in 0..<500 {
            for input in [good, file.exposedBytes] {
                do throws(ClientCertificateError) {
                    _ = try ClientCertificate(parsing: SecretBytes(random.mutation(of: input)))
                } catch {
                    #expect(error.reason.utf8.count < 200)
                }
            }
        }
    }
}
