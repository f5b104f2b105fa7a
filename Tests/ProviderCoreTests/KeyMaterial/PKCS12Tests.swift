import KeyMaterial
import SecretMemory
import TestSupport
import Testing

@Suite("PKCS12")
struct PKCS12Tests {
    /// Options of `openssl pkcs12 -export`. Each gives a form of file that occurs in practice.
    static let shapes = [
        "", "-legacy", "-nomac", "-legacy -nomac", "-keypbe NONE -certpbe NONE", "-keypbe NONE -certpbe NONE -nomac",
        "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-3DES", "-legacy -certpbe PBE-SHA1-RC2-128",
        "-legacy -certpbe PBE-SHA1-2DES -keypbe PBE-SHA1-2DES",
        "-certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha512", "-certpbe AES-256-CBC -keypbe NONE -macalg sha384",
        "-certpbe DES-EDE3-CBC -keypbe DES-EDE3-CBC", "-nomaciter -noiter", "-iter 1", "-name friendly -LMK",
    ]

    private static func options(_ shape: String) -> [String] { shape.split(separator: " ").map(String.init) }

    @Test("Every form of file that OpenSSL writes is opened", arguments: shapes)
    func opens(shape: String) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.rsa])
        let chain = [leaf, material.intermediate, material.root]
        let file = try material.pkcs12(key: .rsa, certificates: chain, options: Self.options(shape))
        let opened = try PKCS12.open(file)
        let expected = try chain.map(TestKeys.der)
        #expect(opened.certificates.map(\.exposedBytes) == expected)
        #expect(opened.keys.count == 1)
        let key = try #require(opened.keys.first)
        let canonical = try material.canonical(.rsa)
        #expect(try PrivateKeyInfo.canonical(key).exposedBytes == canonical)
    }

    @Test("Every kind of key is returned in Go's form", arguments: TestKeys.Key.allCases, ["", "-legacy"])
    func keys(kind: TestKeys.Key, shape: String) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[kind])
        let file = try material.pkcs12(key: kind, certificates: [leaf], options: Self.options(shape))
        let key = try #require(try PKCS12.open(file).keys.first)
        let canonical = try material.canonical(kind)
        #expect(try PrivateKeyInfo.canonical(key).exposedBytes == canonical)
    }

    @Test("A file may hold only certificates or only a key", arguments: ["", "-legacy", "-nomac"])
    func halves(shape: String) throws {
        let material = try TestKeys.shared.get()
        let certificates = try PKCS12.open(
            try material.pkcs12(key: nil, certificates: [material.root], options: Self.options(shape)))
        #expect(certificates.keys.isEmpty)
        #expect(certificates.certificates.count == 1)
        let key = try PKCS12.open(try material.pkcs12(key: .p256, certificates: [], options: Self.options(shape)))
        #expect(key.keys.count == 1)
        #expect(key.certificates.isEmpty)
    }

    @Test("A file with a password is refused with the reason", arguments: ["", "-legacy"])
    func password(shape: String) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.p256])
        let file = try material.pkcs12(
            key: .p256, certificates: [leaf], options: Self.options(shape), password: "secret")
        #expect(throws: DERError("pkcs12: the file has a password, or its MAC is wrong")) { try PKCS12.open(file) }
        let unauthenticated = try material.pkcs12(
            key: .p256, certificates: [leaf], options: Self.options(shape) + ["-nomac"], password: "secret")
        #expect(throws: DERError.self) { try PKCS12.open(unauthenticated) }
    }

    private static let exceeded = DERError(
        "pkcs12: the file takes more rounds of key derivation to open than a mount may spend, 2500000 at once and 6000000 "
            + "in all; write it with fewer iterations")

    @Test("A file may not need more work than a node can do, however the work is divided")
    func work() throws {
        let material = try TestKeys.shared.get()
        let file = try material.pkcs12(
            key: .p256, certificates: [try #require(material.leaves[.p256])],
            options: ["-iter", "2600000", "-nomaciter"])
        #expect(throws: Self.exceeded) { try PKCS12.open(file) }
        let bags = try (0..<3).map { _ in try Self.bag(iterations: 2_400_000) }
        #expect(throws: Self.exceeded) { try PKCS12.open(Self.file(bags)) }
    }

    /// A bag with a key that OpenSSL has encrypted, with its own salt.
    private static func bag(iterations: Int) throws -> SecretBytes {
        let encrypted = try TestKeys.openssl(
            [
                "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "\(iterations)", "-passout", "pass:", "-outform",
                "DER",
                "-in", "in.pem",
            ], input: try #require(try TestKeys.shared.get().keys[.rsa]))
        return DERWriter.sequence(
            DERWriter.objectIdentifier("1.2.840.113549.1.12.10.1.2"),
            DERWriter.element(DERElement.Tag.context(0), [SecretBytes(encrypted)]))
    }

    private static func file(_ bags: [SecretBytes]) -> SecretBytes {
        func wrapped(_ content: SecretBytes) -> SecretBytes {
            DERWriter.sequence(
                DERWriter.objectIdentifier("1.2.840.113549.1.7.1"),
                DERWriter.element(DERElement.Tag.context(0), [DERWriter.octetString(content)]))
        }
        let safe = wrapped(DERWriter.element(DERElement.Tag.sequence, bags))
        return DERWriter.sequence(DERWriter.integer([3]), wrapped(DERWriter.sequence(safe)))
    }

    @Test("A file with the defaults of certtool and NSS, 600,000 rounds for each bag and the MAC, is opened")
    func usualRounds() throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.p256])
        let file = try material.pkcs12(
            key: .p256, certificates: [leaf, material.intermediate],
            options: ["-iter", "600000", "-maciter", "-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC"])
        #expect(try PKCS12.open(file).certificates.count == 2)
    }

    @Test("Bags with the same salt need one derivation")
    func sharedSalt() throws {
        // Ten derivations would be too many.
        let bags = [SecretBytes](repeating: try Self.bag(iterations: 1_000_000), count: 10)
        #expect(try PKCS12.open(Self.file(bags)).keys.count == 10)
    }

    @Test("Random bytes from a wrong password do not count as a key")
    func garbageKey() throws {
        var random = SeededRandom(seed: 8)
        func sequence(_ parts: [SecretBytes]) -> SecretBytes { DERWriter.element(DERElement.Tag.sequence, parts) }
        func wrapped(_ content: SecretBytes) -> SecretBytes { DERWriter.element(DERElement.Tag.context(0), [content]) }
        // With this number of files, some have a valid padding. The seed keeps the files the same.
        for _ in 0..<2000 {
            let salt = SecretBytes((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
            let noise = SecretBytes((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
            let algorithm = sequence([
                DERWriter.objectIdentifier("1.2.840.113549.1.12.1.3"),
                sequence([DERWriter.octetString(salt), DERWriter.integer([1])]),
            ])
            let bag = sequence([
                DERWriter.objectIdentifier("1.2.840.113549.1.12.10.1.2"),
                wrapped(sequence([algorithm, DERWriter.octetString(noise)])),
            ])
            let data = DERWriter.objectIdentifier("1.2.840.113549.1.7.1")
            let safe = sequence([data, wrapped(DERWriter.octetString(sequence([bag])))])
            let file = sequence([
                DERWriter.integer([3]), sequence([data, wrapped(DERWriter.octetString(sequence([safe])))]),
            ])
            #expect(throws: DERError.self) { try PKCS12.open(file) }
        }
    }

    @Test("A changed file is refused")
    func changed() throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.p256])
        var bytes = try material.pkcs12(key: .p256, certificates: [leaf]).exposedBytes
        bytes[bytes.count / 2] ^= 1
        #expect(throws: DERError.self) { try PKCS12.open(SecretBytes(bytes)) }
    }

    @Test(
        "A file that is not PKCS#12 is refused",
        arguments: [[], [0x30, 0x00], [0x30, 0x03, 0x02, 0x01, 0x02], Array("text".utf8)] as [[UInt8]])
    func noFile(bytes: [UInt8]) {
        #expect(throws: DERError.self) { try PKCS12.open(SecretBytes(bytes)) }
    }

    @Test(
        "No mutation of a file traps",
        arguments: [
            "-nomac -keypbe NONE -certpbe NONE", "-nomac -iter 1", "-legacy -iter 1", "-iter 1",
        ])
    func mutations(shape: String) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.p256])
        let valid = try material.pkcs12(
            key: .p256, certificates: [leaf], options: Self.options(shape)
        ).exposedBytes
        var random = SeededRandom(seed: 6)
        for _ in 0..<500 {
            do throws(DERError) {
                let opened = try PKCS12.open(SecretBytes(random.mutation(of: valid)))
                for key in opened.keys { _ = try PrivateKeyInfo.canonical(key) }
                _ = try CertificateChain.ordered(opened.certificates)
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}
