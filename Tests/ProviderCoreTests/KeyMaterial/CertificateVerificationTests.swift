import Crypto
import Documents
import Foundation
import KeyMaterial
import SecretMemory
import SwiftASN1
import TestSupport
import Testing
import X509

@Suite("Verification of a certificate bundle")
struct CertificateVerificationTests {
    /// A directory in which OpenSSL creates certificates.
    private struct Authority {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        func key(_ name: String, _ options: [String]) throws {
            try run(["openssl", "genpkey"] + options + ["-out", "\(name).key"], in: directory)
        }

        /// A certificate that `issuer` has signed, or that is self-signed.
        func certificate(
            _ name: String, _ extensions: String, issuer: String? = nil, options: [String] = []
        ) throws {
            try directory.write(
                ("subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + extensions + "\n").utf8, to: "ext")
            try run(
                ["openssl", "req", "-new", "-key", "\(name).key", "-subj", "/CN=\(name)", "-out", "\(name).csr"],
                in: directory)
            let signing =
                issuer.map { ["-CA", "\($0).crt", "-CAkey", "\($0).key", "-CAcreateserial"] }
                ?? ["-signkey", "\(name).key"]
            try run(
                ["openssl", "x509", "-req", "-in", "\(name).csr", "-days", "2", "-extfile", "ext"] + signing + options
                    + ["-out", "\(name).crt"],
                in: directory)
        }

        func bundle(_ names: String...) throws -> CertificateBundle {
            try CertificateBundle(SecretBytes(try names.flatMap { try directory.read($0) }), contentType: nil)
        }
    }

    private static let authority = "basicConstraints=critical,CA:TRUE"
    private static let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

    @Test(
        "Signatures of every usual algorithm are verified",
        arguments: [
            "RSA:2048", "RSA:2048 -sha384", "RSA:2048 -sha512", "RSA:2048 -sha1", "P-256", "P-256 -sha1",
            "P-384 -sha384", "P-384 -sha256", "P-521 -sha512", "ED25519",
            "RSA:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1",
            "RSA:2048 -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1",
        ])
    func algorithms(signer: String) throws {
        let words = signer.split(separator: " ").map(String.init)
        let authority = try Authority()
        switch words[0] {
        case "RSA:2048": try authority.key("root", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        case "ED25519": try authority.key("root", ["-algorithm", "ED25519"])
        case let curve: try authority.key("root", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)"])
        }
        try authority.key("leaf", Self.p256)
        let options = Array(words.dropFirst())
        try authority.certificate("root", Self.authority, options: options)
        try authority.certificate("leaf", "", issuer: "root", options: options)
        let bundle = try authority.bundle("root.crt", "leaf.crt", "leaf.key")
        #expect(bundle.chain.map(\.name) == ["CN=leaf", "CN=root"])
        try bundle.verify()

        // The signature is the last part of a certificate, so this change affects nothing else.
        var blocks = PEMReader.blocks(in: SecretBytes(try authority.directory.read("leaf.crt")))
        var der = blocks[0].der.exposedBytes
        der[der.count - 1] ^= 1
        blocks[0].der = SecretBytes(der)
        let rest = try authority.directory.read("root.crt") + authority.directory.read("leaf.key")
        let forged = try CertificateBundle(
            SecretBytes(PEMBlock.text(of: blocks).exposedBytes + rest), contentType: nil)
        #expect(throws: DERError("the signature of CN=leaf is not by CN=root")) { try forged.verify() }
    }

    @Test("A signature that cannot be verified is named, with the setting that skips the verification")
    func unknown() throws {
        let authority = try Authority()
        try authority.key("root", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"])
        try authority.certificate("root", Self.authority)
        let bundle = try authority.bundle("root.crt", "root.key")
        #expect(
            throws: DERError(
                "the signature of CN=root cannot be verified, its algorithm is ECDSA with P-256K; "
                    + "set verify: false to mount it as it is")
        ) { try bundle.verify() }
    }

    @Test("The key of another certificate is refused, and the message says which certificate")
    func mismatch() throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.rsa])
        let other = try CertificateBundle(
            SecretBytes(leaf + (try #require(material.keys[.p256]))), contentType: nil)
        #expect(
            throws: DERError(
                "the private key does not belong to the certificate CN=rsa: the key is EC P-256, the certificate RSA")
        ) { try other.verify() }
        let authority = try Authority()
        try authority.key("leaf", Self.p256)
        try authority.certificate("leaf", "")
        let same = try CertificateBundle(
            SecretBytes(try authority.directory.read("leaf.crt") + (try #require(material.keys[.p256]))),
            contentType: nil)
        #expect(throws: DERError("the private key does not belong to the certificate CN=leaf")) { try same.verify() }
    }

    @Test("An RSA key whose numbers do not match is reported as damaged")
    func damaged() throws {
        let material = try TestKeys.shared.get()
        var numbers = try DERElement.parse(
            PrivateKey(pkcs8: SecretBytes(try material.canonical(.rsa))).block(.pkcs1).der
        ).children().map { DERWriter.integer($0.content.bytes()) }
        numbers[4] = DERWriter.integer([0x0B])
        let block = PEMBlock(
            label: "RSA PRIVATE KEY", der: DERWriter.element(DERElement.Tag.sequence, numbers))
        let leaf = try #require(material.leaves[.rsa])
        let bundle = try CertificateBundle(
            SecretBytes(leaf + PEMBlock.text(of: [block]).exposedBytes), contentType: nil)
        #expect(throws: DERError("the private key of CN=rsa is damaged: its numbers do not fit each other")) {
            try bundle.verify()
        }
    }

    @Test("An issuer must be an authority with the right usage, and its path length is a limit")
    func authorities() throws {
        let authority = try Authority()
        for name in ["root", "middle", "leaf"] { try authority.key(name, Self.p256) }
        let all = ["leaf.key", "leaf.crt", "middle.crt", "root.crt"]
        func problem(_ root: String, _ middle: String) throws -> String? {
            try authority.certificate("root", root)
            try authority.certificate("middle", middle, issuer: "root")
            try authority.certificate("leaf", "", issuer: "middle")
            let bundle = try authority.bundle(all[0], all[1], all[2], all[3])
            do throws(DERError) {
                try bundle.verify()
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(try problem(Self.authority, Self.authority + "\nkeyUsage=keyCertSign,cRLSign") == nil)
        #expect(try problem(Self.authority + ",pathlen:1", Self.authority + ",pathlen:0") == nil)
        #expect(
            try problem(Self.authority + ",pathlen:0", Self.authority)
                == "CN=root allows 0 authorities below it, and has 1")
        #expect(
            try problem(Self.authority, "basicConstraints=CA:FALSE")
                == "CN=middle issued CN=leaf, but is not a certificate authority")
        #expect(
            try problem(Self.authority, "keyUsage=digitalSignature")
                == "CN=middle issued CN=leaf, but is not a certificate authority")
        #expect(
            try problem(Self.authority, Self.authority + "\nkeyUsage=digitalSignature")
                == "CN=middle issued CN=leaf, and its key usage does not allow that")
    }

    @Test("The better certificate of a cross-signed authority is used, and dates are reported but not checked")
    func crossSigned() throws {
        let authority = try Authority()
        for name in ["root", "old", "leaf"] { try authority.key(name, Self.p256) }
        try authority.certificate("old", Self.authority)
        try authority.certificate("root", Self.authority, issuer: "old")
        let cross = try authority.directory.read("root.crt")
        try authority.certificate("root", Self.authority)
        try authority.certificate("leaf", "", issuer: "root", options: ["-days", "1"])
        try authority.directory.write(cross, to: "cross.crt")
        let bundle = try authority.bundle("cross.crt", "old.crt", "root.crt", "leaf.crt", "leaf.key")
        #expect(bundle.chain.map(\.name) == ["CN=leaf", "CN=root"])
        #expect(bundle.extras.count == 2)
        try bundle.verify()
        #expect(bundle.expiry == bundle.leaf.notAfter)
        let expired = try CertificateBundle(certificate: try Self.expired())
        try expired.verify()
        #expect(
            expired.expiry == expired.leaf.notAfter
                && expired.expiry < Timestamp.text(Int(Date().timeIntervalSince1970)))
    }

    /// An expired self-signed certificate, which OpenSSL's commands refuse to create.
    private static func expired() throws -> SecretBytes {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        return try certificate("old", key, issuer: "old", key, ending: Date() - 3600)
    }

    private static func certificate(
        _ name: String, _ key: Certificate.PrivateKey, issuer: String, _ issuerKey: Certificate.PrivateKey,
        ending: Date = Date() + 3600
    ) throws -> SecretBytes {
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date() - 7200,
            notValidAfter: ending, issuer: try DistinguishedName { CommonName(issuer) },
            subject: try DistinguishedName { CommonName(name) }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            }, issuerPrivateKey: issuerKey)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return SecretBytes(serializer.serializedBytes)
    }

    @Test("A chain of realistic length is followed to its end, and a longer one is refused")
    func length() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        func bundle(_ issuers: Int) throws -> CertificateBundle {
            let certificates = try (0...issuers).map { index in
                try Self.certificate("c\(index)", key, issuer: "c\(min(index + 1, issuers))", key)
            }
            let blocks = certificates.reversed().map { PEMBlock(label: "CERTIFICATE", der: $0) }
            return try CertificateBundle(PEMBlock.text(of: blocks), contentType: nil)
        }
        let longest = try bundle(16)
        #expect(longest.chain.map(\.name) == (0...16).map { "CN=c\($0)" })
        try longest.verify()
        #expect(throws: DERError("the chain of CN=c0 has more than 16 issuers")) { try bundle(17) }
    }
}
