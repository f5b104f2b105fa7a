import KeyMaterial
import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("CertificateBundle")
struct CertificateBundleTests {
    /// The blocks of a PEM secret, by name; `other` is an unrelated certificate.
    private static func blocks(_ kind: TestKeys.Key) throws -> [String: [UInt8]] {
        let material = try TestKeys.shared.get()
        return [
            "key": try #require(material.keys[kind]), "leaf": try #require(material.leaves[kind]),
            "intermediate": material.intermediate, "root": material.root, "other": try Self.other.get(),
        ]
    }

    private static let other = Result {
        try TestKeys.openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout",
                "/dev/null",
                "-subj", "/CN=other/O=Nobody", "-days", "2",
            ], input: [])
    }

    private static func bundle(_ names: [String], _ kind: TestKeys.Key = .p256) throws -> CertificateBundle {
        let blocks = try blocks(kind)
        return try CertificateBundle(
            SecretBytes(names.flatMap { blocks[$0] ?? [] }), contentType: "application/x-pem-file")
    }

    private static func permutations(_ items: [String]) -> [[String]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    private static func names(_ certificates: [X509Certificate]) -> [String] { certificates.map(\.name) }

    @Test("A PEM secret in any order gives the key's leaf, then its issuers, and names the other certificates")
    func anyOrder() throws {
        for names in Self.permutations(["key", "leaf", "intermediate", "root", "other"]) {
            let bundle = try Self.bundle(names)
            #expect(Self.names(bundle.chain) == ["CN=p256", "CN=intermediate", "CN=root"], "\(names)")
            #expect(Self.names(bundle.extras) == ["CN=other, O=Nobody"], "\(names)")
            #expect(bundle.key?.publicKey == bundle.leaf.publicKey, "\(names)")
            #expect(throws: Never.self) { try bundle.verify() }
        }
    }

    @Test("A PKCS#12 secret gives the same bundle, with and without its content type", arguments: [true, false])
    func pkcs12(hasContentType: Bool) throws {
        let material = try TestKeys.shared.get()
        let file = try material.pkcs12(
            key: .rsa,
            certificates: [material.root, try Self.other.get(), material.intermediate]
                + [try #require(material.leaves[.rsa])])
        var base64 = SecretBytesBuilder()
        file.withExposed { Base64.encode($0, into: &base64) }
        let bundle = try CertificateBundle(
            base64.finish(), contentType: hasContentType ? "application/x-pkcs12" : nil)
        #expect(Self.names(bundle.chain) == ["CN=rsa", "CN=intermediate", "CN=root"])
        #expect(Self.names(bundle.extras) == ["CN=other, O=Nobody"])
        try bundle.verify()
    }

    @Test("A duplicate certificate counts once, and a chain may lack its root or an intermediate")
    func incomplete() throws {
        let twice = try Self.bundle(["leaf", "intermediate", "leaf", "key", "intermediate"])
        #expect(Self.names(twice.chain) == ["CN=p256", "CN=intermediate"])
        #expect(twice.extras.isEmpty)
        let gap = try Self.bundle(["root", "key", "leaf"])
        #expect(Self.names(gap.chain) == ["CN=p256"])
        #expect(Self.names(gap.extras) == ["CN=root"])
        try gap.verify()
    }

    @Test("Without a key, the leaf is the certificate that issued no other")
    func keyless() throws {
        let bundle = try Self.bundle(["root", "intermediate", "leaf", "other"])
        #expect(Self.names(bundle.chain) == ["CN=p256", "CN=intermediate", "CN=root"])
        #expect(bundle.key == nil)
        #expect(throws: DERError.self) { try bundle.blocks(of: .key) }
    }

    @Test("Each part contains what its name says")
    func parts() throws {
        let bundle = try Self.bundle(["root", "key", "intermediate", "leaf"])
        func labels(_ part: CertificatePart, keyComesLast: Bool = false) throws -> [String] {
            try bundle.blocks(of: part, keyComesLast: keyComesLast).map { block in
                block.isCertificate ? try X509Certificate(block.der).name : block.label
            }
        }
        #expect(try labels(.key) == ["PRIVATE KEY"])
        #expect(try labels(.leaf) == ["CN=p256"])
        #expect(try labels(.chain) == ["CN=intermediate", "CN=root"])
        #expect(try labels(.fullchain) == ["CN=p256", "CN=intermediate", "CN=root"])
        #expect(try labels(.ca) == ["CN=root"])
        #expect(try labels(.combined) == ["PRIVATE KEY", "CN=p256", "CN=intermediate", "CN=root"])
        #expect(
            try labels(.combined, keyComesLast: true) == ["CN=p256", "CN=intermediate", "CN=root", "PRIVATE KEY"])
        let rootless = try Self.bundle(["key", "leaf", "intermediate"])
        #expect(try rootless.blocks(of: .ca).count == 1)
        #expect(rootless.authority?.name == "CN=intermediate")
    }

    @Test("A part that the secret does not contain is an error with the reason")
    func absent() throws {
        let alone = try Self.bundle(["key", "leaf"])
        for part in [CertificatePart.chain, .ca] {
            #expect(throws: DERError("the object holds no issuer of its certificate")) { try alone.blocks(of: part) }
        }
        #expect(throws: DERError("the secret holds no certificate")) { try Self.bundle(["key"]) }
        #expect(throws: DERError("the secret holds neither PEM nor a PKCS#12 file in base64")) {
            try CertificateBundle(SecretBytes("text, not a key"), contentType: nil)
        }
    }

    @Test("A key in any form is read, and written in each form as OpenSSL does", arguments: TestKeys.Key.allCases)
    func keyFormats(kind: TestKeys.Key) throws {
        let material = try TestKeys.shared.get()
        let pkcs8 = try #require(material.keys[kind])
        let traditional = try TestKeys.openssl(["pkey", "-in", "in.pem", "-traditional"], input: pkcs8)
        let leaf = try #require(material.leaves[kind])
        for stored in [pkcs8, traditional] {
            let bundle = try CertificateBundle(SecretBytes(leaf + stored), contentType: nil)
            try bundle.verify()
            #expect(PEMBlock.text(of: try bundle.blocks(of: .key)).exposedBytes == pkcs8)
            let format: PrivateKey.Format = kind == .rsa ? .pkcs1 : .sec1
            #expect(PEMBlock.text(of: try bundle.blocks(of: .key, keyFormat: format)).exposedBytes == traditional)
            let other: PrivateKey.Format = kind == .rsa ? .sec1 : .pkcs1
            #expect {
                try bundle.blocks(of: .key, keyFormat: other)
            } throws: { error in
                (error as? DERError)?.reason.contains("keyFormat \(other.rawValue) is for") == true
            }
        }
    }

    @Test("DER is the content of one block, and is refused for more than one")
    func der() throws {
        let bundle = try Self.bundle(["key", "leaf", "intermediate", "root"])
        var output = CertificateOutput(part: .leaf, fileName: "leaf.der")
        output.encoding = .der
        let leaf = try TestKeys.der(try #require(TestKeys.shared.get().leaves[.p256]))
        #expect(try output.contents(of: bundle, password: nil, version: "1").exposedBytes == leaf)
        output.part = .fullchain
        #expect(throws: DERError.self) { try output.contents(of: bundle, password: nil, version: "1") }
    }

    @Test("A key with a password is refused, and the error names the password")
    func encrypted() throws {
        let material = try TestKeys.shared.get()
        let (key, leaf) = (try #require(material.keys[.rsa]), try #require(material.leaves[.rsa]))
        for command in [
            ["pkcs8", "-topk8", "-in", "in.pem", "-passout", "pass:x"],
            ["rsa", "-in", "in.pem", "-aes128", "-traditional", "-passout", "pass:x"],
        ] {
            let encrypted = try TestKeys.openssl(command, input: key)
            #expect(throws: DERError("the private key is encrypted; store it without a password")) {
                try CertificateBundle(SecretBytes(leaf + encrypted), contentType: nil)
            }
        }
    }

    @Test("No mutation of a PEM secret traps")
    func mutations() throws {
        let blocks = try Self.blocks(.p256)
        let valid = ["key", "leaf", "intermediate", "root"].map { PEMReader.blocks(in: SecretBytes(blocks[$0] ?? [])) }
            .joined()
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let changed = valid.map { block in
                PEMBlock(
                    label: block.label,
                    der: Bool.random(using: &random)
                        ? block.der : SecretBytes(random.mutation(of: block.der.exposedBytes)))
            }
            do throws(DERError) {
                let bundle = try CertificateBundle(PEMBlock.text(of: changed), contentType: nil)
                for part in CertificatePart.allCases { _ = try? bundle.blocks(of: part) }
                try bundle.verify()
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}
