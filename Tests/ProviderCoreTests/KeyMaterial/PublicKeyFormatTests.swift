import Foundation
import KeyMaterial
import SecretMemory
import TestSupport
import Testing

@Suite("Formats of a public key")
struct PublicKeyFormatTests {
    /// A vault's response for a private key that OpenSSL made, and its SubjectPublicKeyInfo.
    private static func key(_ options: [String], curve: String?) throws -> (PublicKey, info: [UInt8]) {
        let key = try TestKeys.openssl(["genpkey"] + options, input: [])
        let info = try TestKeys.openssl(["pkey", "-in", "in.pem", "-pubout", "-outform", "DER"], input: key)
        let bits = Array(
            try #require(try DERElement.parse(SecretBytes(info)).children().last).content.bytes().dropFirst())
        guard let curve else {
            let numbers = try DERElement.parse(SecretBytes(bits)).children().map { $0.content.bytes() }
            // The number as in a JSON Web Key, without the zero for its sign.
            let modulus = Array(numbers[0].drop { $0 == 0 })
            return (PublicKey(type: "RSA", curve: "", modulus: modulus, exponent: numbers[1], x: [], y: []), info)
        }
        let half = (bits.count - 1) / 2
        let point = PublicKey(
            type: "EC", curve: curve, modulus: [], exponent: [], x: Array(bits[1...half]), y: Array(bits[(half + 1)...])
        )
        return (point, info)
    }

    static let kinds: [(String, [String], String?)] = [
        ("RSA", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], nil),
        ("nistp256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "P-256"),
        ("nistp384", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "P-384"),
        ("nistp521", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "P-521"),
    ]

    @Test("DER is the same as OpenSSL's, and ssh-keygen finds the same key in the OpenSSH line", arguments: kinds)
    func formats(kind: (String, [String], String?)) throws {
        let (key, info) = try Self.key(kind.1, curve: kind.2)
        #expect(try key.file(.der, comment: "k").exposedBytes == info)
        #expect(try key.file(.pem, comment: "k").exposedBytes == key.pem().exposedBytes)

        let directory = try TemporaryDirectory()
        let line = try key.file(.openssh, comment: "deploy key\nssh-rsa AAAA").exposedText
        // The file has only one line, whatever the comment.
        #expect(line.split(separator: "\n").count == 1)
        #expect(line.hasSuffix(" deploykeyssh-rsaAAAA\n"))
        try directory.write(line.utf8, to: "key.pub")
        let shown = String(decoding: try run(["ssh-keygen", "-lf", "key.pub"], in: directory), as: UTF8.self)
        #expect(shown.contains(kind.2 == nil ? "2048 SHA256:" : "SHA256:"))
        #expect(shown.contains(kind.2 == nil ? "(RSA)" : "(ECDSA)"))
        let back = try run(["ssh-keygen", "-e", "-m", "PKCS8", "-f", "key.pub"], in: directory)
        let blocks = PEMReader.blocks(in: SecretBytes(back))
        #expect(blocks.map(\.der.exposedBytes) == [info])
    }

    @Test("A JSON Web Key has exactly the members of its thumbprint, in the same order", arguments: kinds)
    func jwk(kind: (String, [String], String?)) throws {
        let (key, _) = try Self.key(kind.1, curve: kind.2)
        let text = try key.file(.jwk, comment: "k").exposedText
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
        func bytes(_ name: String) throws -> [UInt8] {
            let digits = try #require(members[name])
            return try #require(SecretBytes(digits).withExposed { Base64.decode($0, alphabet: .url) }).exposedBytes
        }
        if let curve = kind.2 {
            #expect(members.keys.sorted() == ["crv", "kty", "x", "y"])
            #expect(members["crv"] == curve && members["kty"] == "EC")
            #expect(try bytes("x") == key.x && bytes("y") == key.y)
            #expect(text.hasPrefix(#"{"crv":"\#(curve)","kty":"EC","x":""#))
        } else {
            #expect(members.keys.sorted() == ["e", "kty", "n"])
            #expect(members["kty"] == "RSA")
            #expect(try bytes("n") == key.modulus && bytes("e") == key.exponent)
            #expect(text.hasPrefix(#"{"e":"AQAB","kty":"RSA","n":""#))
        }
    }

    @Test("OpenSSH does not know P-256K, and a JSON Web Key has its own name for it")
    func p256k() throws {
        let (key, _) = try Self.key(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], curve: "P-256K")
        #expect(throws: DERError("OpenSSH has no keys on the curve P-256K; choose another publicKeyFormat")) {
            try key.file(.openssh, comment: "k")
        }
        #expect(try key.file(.jwk, comment: "k").exposedText.hasPrefix(#"{"crv":"secp256k1","kty":"EC","#))
    }
}
