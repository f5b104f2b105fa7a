import Foundation
import KeyMaterial
import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("Keystore")
struct KeystoreTests {
    private static func bundle(_ kind: TestKeys.Key = .p256, hasKey: Bool = true) throws -> CertificateBundle {
        let material = try TestKeys.shared.get()
        let key = hasKey ? try #require(material.keys[kind]) : []
        let leaf = try #require(material.leaves[kind])
        return try CertificateBundle(
            SecretBytes(material.root + leaf + key + material.intermediate), contentType: nil)
    }

    private static func output(
        _ part: CertificatePart, _ profile: Keystore.Profile = .modern,
        _ format: CertificateOutput.StoreFormat = .pkcs12,
        alias: String = "App"
    ) -> CertificateOutput {
        var output = CertificateOutput(part: part, fileName: "store")
        (output.profile, output.storeFormat, output.alias) = (profile, format, alias)
        return output
    }

    private static let passwords = ["changeit", "", "pässwörd-密码-🔑"]

    @Test(
        "OpenSSL opens a PKCS#12 file of ours and finds key, chain, name and algorithms",
        arguments: Keystore.Profile.allCases, passwords)
    func openssl(profile: Keystore.Profile, password: String) throws {
        let material = try TestKeys.shared.get()
        let kind: TestKeys.Key = profile == .modern ? .p256 : .rsa
        let bundle = try Self.bundle(kind)
        let file = try Self.output(.pkcs12, profile, alias: "App").contents(
            of: bundle, password: SecretBytes(password), version: "1")
        let directory = try TemporaryDirectory()
        try directory.write(file.exposedBytes, to: "store.p12")
        try directory.write((password + "\n").utf8, to: "password")
        func openssl(_ options: [String]) throws -> String {
            let command = ["sh", "-c", "exec openssl pkcs12 -in store.p12 -passin file:password \"$@\" 2>&1", "sh"]
            return String(decoding: try run(command + options, in: directory), as: UTF8.self)
        }
        let all = try openssl(["-nodes"])
        let blocks = PEMReader.blocks(in: SecretBytes(all))
        let chain = [try #require(material.leaves[kind]), material.intermediate, material.root]
        #expect(try blocks.filter(\.isCertificate).map(\.der.exposedBytes) == chain.map(TestKeys.der))
        let key = try #require(blocks.first { !$0.isCertificate })
        #expect(try key.der.exposedBytes == material.canonical(kind))
        // The name is on the key and on the leaf, and nowhere else.
        #expect(all.split(separator: "friendlyName: App").count == 3)
        #expect(all.split(separator: "localKeyID: ").count == 3)
        let info = try openssl(["-info", "-nokeys", "-nocerts"])
        #expect(
            info.contains(
                profile == .modern
                    ? "PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256"
                    : "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048"))
        #expect(info.contains(profile == .modern ? "MAC: sha256, Iteration 10000" : "MAC: sha1, Iteration 2048"))
        #expect(try PKCS12.open(file, password: SecretBytes(password)).certificates.count == 3)
    }

    @Test("A wrong password does not open a key store", arguments: Keystore.Profile.allCases)
    func wrongPassword(profile: Keystore.Profile) throws {
        let file = try Self.output(.pkcs12, profile).contents(
            of: try Self.bundle(), password: SecretBytes("right"), version: "1")
        #expect(throws: DERError("pkcs12: the password is wrong, or its MAC is wrong")) {
            try PKCS12.open(file, password: SecretBytes("wrong"))
        }
    }

    static let shapes: [CertificateOutput] = [
        output(.pkcs12), output(.pkcs12, .legacy), output(.jks), output(.truststore), output(.truststore, .legacy),
        output(.truststore, .modern, .jks),
    ]

    @Test("The same input gives the same bytes, and any other input gives other bytes", arguments: shapes)
    func deterministic(output: CertificateOutput) throws {
        func file(
            _ kind: TestKeys.Key = .p256, _ password: String = "changeit", _ version: String = "1",
            alias: String = "App"
        ) throws -> [UInt8] {
            var output = output
            output.alias = alias
            return try output.contents(
                of: try Self.bundle(kind, hasKey: output.part.hasKey), password: SecretBytes(password), version: version
            ).exposedBytes
        }
        let first = try file()
        #expect(try file() == first)
        #expect(try file(.p384) != first)
        #expect(try file(.p256, "other") != first)
        #expect(try file(alias: "Other") != first)
        // Java's trust store does not contain a salt.
        let isSalted = output.part != .truststore || output.storeFormat == .pkcs12
        #expect(try (file(.p256, "changeit", "2") != first) == isSalted)
    }

    @Test("Every salt is used once, differs between versions, and for a trust store does not depend on the password")
    func salts() throws {
        func salts(_ output: CertificateOutput, _ password: String, _ version: String) throws -> [[UInt8]] {
            let file = try output.contents(of: try Self.bundle(), password: SecretBytes(password), version: version)
            var found: [[UInt8]] = []
            func search(_ element: DERElement) {
                let isSaltLike = element.tag == DERElement.Tag.octetString && [8, 16].contains(element.content.count)
                if isSaltLike { found.append(element.content.bytes()) }
                if element.tag & 0x20 != 0 { for child in (try? element.children()) ?? [] { search(child) } }
                guard element.tag == DERElement.Tag.octetString, let inner = try? DERElement.parse(element.content)
                else { return }
                search(inner)
            }
            search(try DERElement.parse(file))
            return found
        }
        let modern = try salts(Self.output(.pkcs12), "changeit", "1")
        // The salts and vectors of the certificates and of the key, and the MAC's salt.
        #expect(modern.count == 5 && Set(modern).count == 5)
        #expect(try Set(modern).isDisjoint(with: salts(Self.output(.pkcs12), "changeit", "2")))
        #expect(try Set(modern).isDisjoint(with: salts(Self.output(.pkcs12), "other", "1")))
        let legacy = try salts(Self.output(.pkcs12, .legacy), "changeit", "1")
        #expect(legacy.count == 3 && Set(legacy).count == 3)
        let trust = try salts(Self.output(.truststore), "changeit", "1")
        #expect(trust.count == 3)
        #expect(try trust == salts(Self.output(.truststore), "other", "1"))
    }

    @Test(
        "A password that cannot be typed is refused",
        arguments: [
            ("secret\n", "the password ends in a line break, which no program would type; store it without"),
            ("a\tb", "the password holds control characters"),
        ])
    func badPasswords(password: String, reason: String) throws {
        let bundle = try Self.bundle()
        #expect(throws: DERError(reason)) {
            try Self.output(.pkcs12).contents(of: bundle, password: SecretBytes(password), version: "1")
        }
        #expect(throws: DERError("the password is not UTF-8 text")) {
            try Self.output(.jks).contents(of: bundle, password: SecretBytes([0xFF, 0xFE]), version: "1")
        }
        #expect(throws: DERError("part jks takes a password; set passwordFrom")) {
            try Self.output(.jks).contents(of: bundle, password: nil, version: "1")
        }
    }

    @Test("A trust store contains the issuers, a self-signed leaf, or all certificates of a secret without a key")
    func trust() throws {
        func names(_ bundle: CertificateBundle) throws -> [String] {
            try Keystore.trust(in: bundle, alias: "ca").trusted.map { "\($0.alias) \($0.certificate.name)" }
        }
        #expect(try names(try Self.bundle()) == ["ca-1 CN=intermediate", "ca-2 CN=root"])
        #expect(
            try names(try Self.bundle(hasKey: false)) == ["ca-1 CN=p256", "ca-2 CN=intermediate", "ca-3 CN=root"])
        let material = try TestKeys.shared.get()
        #expect(try names(try CertificateBundle(SecretBytes(material.root), contentType: nil)) == ["ca CN=root"])
        let alone = try CertificateBundle(
            SecretBytes(try #require(material.leaves[.p256]) + (try #require(material.keys[.p256]))), contentType: nil)
        #expect(throws: DERError("the object holds no issuer of its certificate")) { try names(alone) }
    }

    /// `keytool` imports every store into one new store, and must open each entry for that. The number of runs is
    /// small, because each starts a Java machine.
    @Test("Java's keytool reads and imports every kind of store", .timeLimit(.minutes(20)))
    func keytool() throws {
        let material = try TestKeys.shared.get()
        let directory = try TemporaryDirectory()
        func keytool(_ options: String...) throws -> String {
            let quick = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-Duser.language=en"]
            return String(decoding: try run(["keytool"] + quick + options, in: directory), as: UTF8.self)
        }
        let stores: [(CertificateOutput, TestKeys.Key)] = [
            (Self.output(.pkcs12, .modern, alias: "modern"), .p256),
            (Self.output(.pkcs12, .legacy, alias: "old"), .rsa),
            (Self.output(.jks, alias: "Java"), .rsa), (Self.output(.truststore, .modern, alias: "trust"), .p256),
            (Self.output(.truststore, .modern, .jks, alias: "javatrust"), .p256),
        ]
        for (index, (output, kind)) in stores.enumerated() {
            let file = try output.contents(of: try Self.bundle(kind), password: SecretBytes("changeit"), version: "1")
            try directory.write(file.exposedBytes, to: "\(index)")
            let isJKS = output.part == .jks || output.storeFormat == .jks
            _ = try keytool(
                "-importkeystore", "-noprompt", "-srckeystore", "\(index)", "-srcstoretype", isJKS ? "JKS" : "PKCS12",
                "-srcstorepass", "changeit", "-destkeystore", "all.p12", "-deststoretype", "PKCS12", "-deststorepass",
                "changeit")
        }
        let listed = try keytool("-list", "-keystore", "all.p12", "-storepass", "changeit")
        #expect(listed.contains("Your keystore contains 7 entries"))
        for name in ["modern", "old", "java"] { #expect(listed.contains("\n\(name), "), "\(listed)") }
        #expect(listed.split(separator: "PrivateKeyEntry").count == 4)
        for name in ["trust-1", "trust-2", "javatrust-1", "javatrust-2"] { #expect(listed.contains("\n\(name), ")) }
        #expect(listed.split(separator: "trustedCertEntry").count == 5)

        // The keys and the chains are unchanged.
        let all = try run(
            ["openssl", "pkcs12", "-in", "all.p12", "-passin", "pass:changeit", "-nodes"], in: directory)
        let blocks = PEMReader.blocks(in: SecretBytes(all))
        let keys = try blocks.filter { !$0.isCertificate }.map { try PrivateKey(pkcs8: $0.der).pkcs8.exposedBytes }
        let (p256, rsa) = (try material.canonical(.p256), try material.canonical(.rsa))
        #expect(keys.count == 3 && keys.filter { $0 == rsa }.count == 2 && keys.contains(p256))
    }
}
