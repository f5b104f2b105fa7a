import KeyMaterial
import SecretMemory
import Testing

@Suite("PublicKey")
struct PublicKeyTests {
    private static func key(
        _ type: String, curve: String = "", modulus: [UInt8] = [], exponent: [UInt8] = [], x: [UInt8] = [],
        y: [UInt8] = []
    ) -> PublicKey {
        PublicKey(type: type, curve: curve, modulus: modulus, exponent: exponent, x: x, y: y)
    }

    /// The SubjectPublicKeyInfo's bit string, without the count of its unused bits.
    private static func bits(_ info: [UInt8]) throws -> SecretBytes {
        let parts = try DERElement.parse(SecretBytes(info)).children()
        return SecretBytes(try #require(parts.last).content.copy().exposedBytes.dropFirst())
    }

    private static func publicPEM(_ privateKey: [UInt8]) throws -> [UInt8] {
        try TestKeys.openssl(["pkey", "-in", "in.pem", "-pubout"], input: privateKey)
    }

    private static func publicDER(_ privateKey: [UInt8]) throws -> [UInt8] {
        try TestKeys.openssl(["pkey", "-in", "in.pem", "-pubout", "-outform", "DER"], input: privateKey)
    }

    @Test("An RSA key is written as in OpenSSL", arguments: ["RSA", "RSA-HSM"])
    func rsa(type: String) throws {
        let privateKey = try #require(try TestKeys.shared.get().keys[.rsa])
        let numbers = try DERElement.parse(Self.bits(Self.publicDER(privateKey))).children().map { $0.content.bytes() }
        try #require(numbers.count == 2)
        let written = try Self.key(type, modulus: numbers[0], exponent: numbers[1]).pem()
        let expected = try Self.publicPEM(privateKey)
        #expect(written.exposedBytes == expected)
        // A JSON Web Key has the modulus without the zero byte for its sign.
        let short = try Self.key(type, modulus: Array(numbers[0].drop { $0 == 0 }), exponent: [0, 1, 0, 1]).pem()
        #expect(short.exposedBytes == written.exposedBytes)
    }

    @Test(
        "An EC key is written as in OpenSSL",
        arguments: [
            ("P-256", "P-256", 32), ("P-384", "P-384", 48), ("P-521", "P-521", 66), ("P-256K", "secp256k1", 32),
            ("SECP256K1", "secp256k1", 32),
        ])
    func ellipticCurves(curve: String, name: String, length: Int) throws {
        let privateKey = try TestKeys.openssl(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(name)"], input: [])
        let point = try Self.bits(Self.publicDER(privateKey)).exposedBytes
        try #require(point.count == 1 + 2 * length)
        let (x, y) = (Array(point[1...length]), Array(point[(length + 1)...]))
        let expected = try Self.publicPEM(privateKey)
        for type in ["EC", "EC-HSM"] {
            #expect(try Self.key(type, curve: curve, x: x, y: y).pem().exposedBytes == expected)
        }
        // A point with two equal coordinates is not on any of the curves.
        #expect(throws: DERError("the EC key's point is not on the curve \(curve)")) {
            try Self.key("EC", curve: curve, x: x, y: x).pem()
        }
        // Some writers omit leading zeros.
        #expect(try Self.key("EC", curve: curve, x: [0] + x, y: y).pem().exposedBytes == expected)
    }

    @Test("A short coordinate is padded with zeros")
    func padded() throws {
        // A point of P-256K whose x is 1, from SEC 2's equation y² = x³ + 7.
        let digits = SecretBytes("4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee")
        let y = try digits.withExposed { try Hex.decode($0) }
        let key = Self.key("EC", curve: "P-256K", x: [1], y: y.exposedBytes)
        let point = try Self.bits(PEMReader.blocks(in: key.pem()).first?.der.exposedBytes ?? []).exposedBytes
        #expect(point == [4] + [UInt8](repeating: 0, count: 31) + [1] + y.exposedBytes)
    }

    @Test("A symmetric or unknown key is refused with upstream's phrase", arguments: ["oct", "oct-HSM", "OKP", ""])
    func unsupportedType(type: String) {
        #expect(throws: DERError("failed to get key. key type '\(type)' currently not supported")) {
            try Self.key(type).pem()
        }
    }

    @Test("A key without its numbers, or on another curve, is refused")
    func incomplete() {
        #expect(throws: DERError("the RSA key lacks its modulus or exponent")) {
            try Self.key("RSA", modulus: [1]).pem()
        }
        #expect(throws: DERError("the RSA key lacks its modulus or exponent")) {
            try Self.key("RSA", exponent: [1]).pem()
        }
        #expect(throws: DERError("curve P-192 is not supported")) {
            try Self.key("EC", curve: "P-192", x: [1], y: [1]).pem()
        }
        #expect(throws: DERError.self) { try Self.key("EC", curve: "P-256", x: [1]).pem() }
        #expect(throws: DERError.self) {
            try Self.key("EC", curve: "P-256", x: [UInt8](repeating: 1, count: 33), y: [1]).pem()
        }
    }
}
