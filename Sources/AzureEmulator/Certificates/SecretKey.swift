internal import CEmulatorPKCS12
internal import Foundation

/// The private half of a vault's key. OpenSSL does its operations, because swift-crypto has neither secp256k1 nor
/// RSA encryption with PKCS#1 padding.
struct SecretKey: Codable, Sendable {
    var pkcs8: [UInt8]

    /// A way to sign or to encrypt, with the digest that belongs to it.
    struct Scheme: Sendable {
        var padding: emulator_key_scheme
        /// OpenSSL's name of the digest; nil for PKCS#1 without one.
        var digest: String?
    }

    init(pkcs8: [UInt8]) { self.pkcs8 = pkcs8 }

    /// The key in the members of a JSON Web Key (RFC 7518, section 6); nil if they are not a key.
    init?(jwk: [String: String]) {
        func bytes(_ member: String) -> [UInt8]? { jwk[member].flatMap { Data(base64URL: $0) }.map(Array.init) }
        var output: UnsafeMutablePointer<UInt8>?
        let size: Int
        if jwk["kty"]?.hasPrefix("RSA") == true {
            let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].compactMap(bytes)
            guard numbers.count == 8 else { return nil }
            let copies = numbers.map { UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max($0.count, 1)) }
            defer { for copy in copies { copy.deallocate() } }
            for (copy, number) in zip(copies, numbers) { _ = copy.update(fromContentsOf: number) }
            let pointers = copies.compactMap { $0.baseAddress.map { UnsafePointer($0) } }
            size = emulator_key_import_rsa(pointers, numbers.map(\.count), &output)
        } else {
            guard let curve = jwk["crv"], let x = bytes("x"), let y = bytes("y"), let d = bytes("d") else { return nil }
            // The value 4 marks an uncompressed point.
            let point = [4] + x + y
            size = emulator_key_import_curve(
                curve == "P-256K" ? "secp256k1" : curve, point, point.count, d, d.count, &output)
        }
        guard let pkcs8 = Self.take(output, size), !pkcs8.isEmpty else { return nil }
        self.pkcs8 = pkcs8
    }

    /// Generates a key on secp256k1. `point` is its public half, x and y.
    static func generateP256K() throws -> (point: [UInt8], secret: SecretKey) {
        var point = [UInt8](repeating: 0, count: 64)
        var output: UnsafeMutablePointer<UInt8>?
        let size = emulator_secp256k1_generate(&point, &output)
        guard let pkcs8 = take(output, size) else {
            throw EmulatorError("OpenSSL could not generate a key on the curve P-256K")
        }
        return (point, SecretKey(pkcs8: pkcs8))
    }

    /// Signs a hash; nil if it does not suit the scheme.
    func sign(_ hash: [UInt8], _ scheme: Scheme) -> [UInt8]? { apply(EMULATOR_KEY_SIGN, hash, scheme) }

    /// Encrypts a text; nil if it is too long.
    func encrypt(_ text: [UInt8], _ scheme: Scheme) -> [UInt8]? { apply(EMULATOR_KEY_ENCRYPT, text, scheme) }

    /// Decrypts a text; nil if it was not encrypted with this key and scheme.
    func decrypt(_ text: [UInt8], _ scheme: Scheme) -> [UInt8]? { apply(EMULATOR_KEY_DECRYPT, text, scheme) }

    /// Whether a signature of a hash is valid.
    func isValid(_ signature: [UInt8], of hash: [UInt8], _ scheme: Scheme) -> Bool {
        emulator_key_verify(
            scheme.padding, scheme.digest, pkcs8, pkcs8.count, hash, hash.count, signature, signature.count) == 1
    }

    private func apply(_ operation: emulator_key_operation, _ input: [UInt8], _ scheme: Scheme) -> [UInt8]? {
        var output: UnsafeMutablePointer<UInt8>?
        let size = emulator_key_apply(
            operation, scheme.padding, scheme.digest, pkcs8, pkcs8.count, input, input.count, &output)
        return Self.take(output, size)
    }

    /// Copies bytes that OpenSSL allocated, and frees OpenSSL's buffer.
    private static func take(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> [UInt8]? {
        guard let bytes else { return nil }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
