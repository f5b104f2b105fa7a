import KeyMaterial
import SecretMemory
import TestSupport
import Testing

/// Authorities that get a new key, and certificates and keys of unusual shapes. The cases are those of NIST's PKITS and of
/// RFC 4210, 4.4, made by OpenSSL.
@Suite("An authority's keys")
struct AuthorityKeyTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["old", "new", "leaf", "crl"] {
            try run(
                [
                    "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                    "\(name).key",
                ],
                in: directory)
        }
    }

    private static let authority = "basicConstraints=critical,CA:TRUE"

    /// A certificate for the key `key` with the subject `subject`, signed by the key and with the name of `issuer`.
    private func certificate(
        _ name: String, key: String, subject: String, issuer: String? = nil, signer: String? = nil,
        extensions: String = authority, identifiers: Bool = true, days: String = "2"
    ) throws {
        let ids = identifiers ? "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" : ""
        try directory.write((ids + extensions + "\n").utf8, to: "ext")
        try run(
            ["openssl", "req", "-new", "-key", "\(key).key", "-subj", "/CN=\(subject)", "-out", "\(name).csr"],
            in: directory)
        let signing =
            issuer.map { ["-CA", "\($0).crt", "-CAkey", "\(signer ?? $0).key", "-CAcreateserial"] }
            ?? ["-signkey", "\(key).key"]
        try run(
            ["openssl", "x509", "-req", "-in", "\(name).csr", "-days", days, "-extfile", "ext"] + signing
                + ["-out", "\(name).crt"], in: directory)
    }

    private func chain(_ names: String...) throws -> [String] {
        let text = SecretBytes(try names.flatMap { try directory.read($0) })
        let bundle = try CertificateBundle(text, contentType: nil)
        try bundle.verify()
        let blocks = try bundle.blocks(of: .fullchain).map(\.der)
        return try blocks.map { block in
            let found = try names.first { name in
                guard name.hasSuffix(".crt") else { return false }
                return PEMReader.blocks(in: SecretBytes(try directory.read(name))).contains {
                    $0.der.hasSameBytes(as: block)
                }
            }
            return found ?? "?"
        }
    }

    @Test(
        "certificates that hand an authority over to a new key, in either direction, make one chain",
        arguments: [true, false])
    func rollover(identifiers: Bool) throws {
        try certificate("old", key: "old", subject: "Root")
        try certificate("new", key: "new", subject: "Root")
        try certificate("newWithOld", key: "new", subject: "Root", issuer: "old", identifiers: identifiers)
        try certificate("oldWithNew", key: "old", subject: "Root", issuer: "new", identifiers: identifiers)
        try certificate("leaf", key: "leaf", subject: "leaf", issuer: "new", extensions: "")
        try certificate("former", key: "leaf", subject: "leaf", issuer: "old", extensions: "")
        #expect(
            try chain("old.crt", "newWithOld.crt", "leaf.crt", "leaf.key") == ["leaf.crt", "newWithOld.crt", "old.crt"])
        #expect(try chain("oldWithNew.crt", "new.crt", "former.crt") == ["former.crt", "oldWithNew.crt", "new.crt"])
        // The shorter chain is used if both exist.
        #expect(try chain("old.crt", "newWithOld.crt", "new.crt", "leaf.crt") == ["leaf.crt", "new.crt"])
    }

    @Test("a certificate that only signs revocation lists is not part of the chain")
    func revocationListKey() throws {
        try certificate("old", key: "old", subject: "Root", extensions: Self.authority + "\nkeyUsage=keyCertSign")
        try certificate("crl", key: "crl", subject: "Root", issuer: "old", extensions: "keyUsage=cRLSign")
        try certificate("leaf", key: "leaf", subject: "leaf", issuer: "old", extensions: "")
        #expect(try chain("crl.crt", "old.crt", "leaf.key", "leaf.crt") == ["leaf.crt", "old.crt"])
    }

    @Test("a certificate that hands an authority over does not count towards a path length")
    func pathLength() throws {
        try certificate("old", key: "old", subject: "Root", extensions: Self.authority + ",pathlen:0")
        try certificate("newWithOld", key: "new", subject: "Root", issuer: "old")
        try certificate("leaf", key: "leaf", subject: "leaf", issuer: "newWithOld", signer: "new", extensions: "")
        #expect(try chain("leaf.crt", "old.crt", "newWithOld.crt") == ["leaf.crt", "newWithOld.crt", "old.crt"])
    }

    @Test("the newer of two certificates with one key is the leaf", arguments: [["a", "b"], ["b", "a"]])
    func renewed(order: [String]) throws {
        try certificate("old", key: "old", subject: "Root")
        try certificate("a", key: "leaf", subject: "leaf", issuer: "old", extensions: "", days: "2")
        try certificate("b", key: "leaf", subject: "leaf", issuer: "old", extensions: "", days: "3")
        let names = order.map { "\($0).crt" }
        for key in [["leaf.key"], []] {
            let text = SecretBytes(try (names + key + ["old.crt"]).flatMap { try directory.read($0) })
            let leaf = try #require(try CertificateBundle(text, contentType: nil).blocks(of: .leaf).first?.der)
            let newer = PEMReader.blocks(in: SecretBytes(try directory.read("b.crt")))[0].der
            #expect(leaf.hasSameBytes(as: newer))
        }
    }

    @Test("An unknown extension may have any value")
    func unknownExtension() throws {
        try certificate(
            "old", key: "old", subject: "Root", extensions: Self.authority + "\n1.2.3.4=DER:ff:ff:61\n1.2.3.5=DER:00")
        #expect(try chain("old.crt", "old.key") == ["old.crt"])
    }

    @Test(
        "A root with a signature of another key is refused, with and without key identifiers", arguments: [true, false])
    func forgedRoot(identifiers: Bool) throws {
        try certificate("old", key: "old", subject: "Root", identifiers: identifiers)
        var blocks = PEMReader.blocks(in: SecretBytes(try directory.read("old.crt")))
        var der = blocks[0].der.exposedBytes
        der[der.count - 1] ^= 1
        blocks[0].der = SecretBytes(der)
        let bundle = try CertificateBundle(SecretBytes(PEMBlock.text(of: blocks).exposedBytes), contentType: nil)
        #expect(throws: DERError("the signature of CN=Root is not by CN=Root")) { try bundle.verify() }
    }

    @Test("A point that is not on its curve is refused, in certificates and in keys")
    func offCurve() throws {
        try certificate("old", key: "old", subject: "Root")
        var blocks = PEMReader.blocks(in: SecretBytes(try directory.read("old.crt")))
        let point = Array(
            try TestKeys.openssl(
                ["pkey", "-in", "in.pem", "-pubout", "-outform", "DER"], input: directory.read("old.key")
            )
            .suffix(64))
        var der = blocks[0].der.exposedBytes
        let place = try #require(der.firstRange(of: point))
        der[place.upperBound - 1] ^= 1
        blocks[0].der = SecretBytes(der)
        #expect(throws: DERError.self) {
            try CertificateBundle(SecretBytes(PEMBlock.text(of: blocks).exposedBytes), contentType: nil)
        }
        let pem = try TestKeys.openssl(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], input: [])
        let key = try TestKeys.openssl(
            ["pkcs8", "-topk8", "-nocrypt", "-in", "in.pem", "-outform", "DER"], input: pem)
        _ = try PrivateKey(pkcs8: SecretBytes(key))
        var broken = key
        broken[broken.count - 1] ^= 1
        #expect(throws: DERError("the EC key's point is not on the curve P-256K")) {
            try PrivateKey(pkcs8: SecretBytes(broken))
        }
    }

    @Test("An RSA key of three primes is kept complete")
    func threePrimes() throws {
        try run(
            [
                "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                "rsa_keygen_primes:3", "-out", "old.key",
            ], in: directory)
        try certificate("old", key: "old", subject: "Root")
        try run(
            [
                "openssl", "pkcs12", "-export", "-inkey", "old.key", "-in", "old.crt", "-passout", "pass:", "-out",
                "file.p12",
            ],
            in: directory)
        let opened = try PKCS12.open(SecretBytes(try directory.read("file.p12")))
        let key = try PrivateKey(pkcs8: try #require(opened.keys.first))
        let expected = try TestKeys.openssl(
            ["pkcs8", "-topk8", "-nocrypt", "-in", "in.pem", "-outform", "DER"], input: directory.read("old.key"))
        #expect(key.pkcs8.exposedBytes == expected)
        #expect(try chain("old.crt", "old.key") == ["old.crt"])
        let pem = PEMBlock.text(of: [try key.block(.pkcs1)]).exposedBytes
        let check = try TestKeys.openssl(["rsa", "-check", "-noout", "-in", "in.pem"], input: pem)
        #expect(String(decoding: check, as: UTF8.self).contains("RSA key ok"))
    }
}
