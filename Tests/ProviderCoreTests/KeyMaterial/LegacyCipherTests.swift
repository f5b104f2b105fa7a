import TestSupport
import Testing

@testable import KeyMaterial
@testable import SecretMemory

@Suite("TripleDES and RC2")
struct LegacyCipherTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// `plain`, a whole number of blocks, encrypted by OpenSSL.
    private static func encrypt(_ cipher: String, _ plain: [UInt8], key: [UInt8], iv: [UInt8]) throws -> [UInt8] {
        try TestKeys.openssl(
            [
                "enc", "-\(cipher)", "-e", "-nopad", "-K", hex(key), "-iv", hex(iv), "-in", "in.pem", "-provider",
                "legacy", "-provider", "default",
            ], input: plain)
    }

    private static func random(_ count: Int, _ generator: inout SeededRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    // A kilobyte of random blocks uses every entry of every table many times.
    @Test("Triple DES decrypts data that OpenSSL encrypted", arguments: 0..<5)
    func tripleDES(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        let (key, iv) = (Self.random(24, &generator), Self.random(8, &generator))
        let plain = Self.random(1024 * Int(seed), &generator)
        let encrypted = try Self.encrypt("des-ede3-cbc", plain, key: key, iv: iv)
        #expect(encrypted.withUnsafeBytes { TripleDES.decryptCBC($0, key: key, iv: iv) }?.exposedBytes == plain)
    }

    @Test(
        "RC2 decrypts data that OpenSSL encrypted, with keys of 40, 64 and 128 bits", arguments: [5, 8, 16], [0, 1, 2])
    func rc2(keyLength: Int, seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        let (key, iv) = (Self.random(keyLength, &generator), Self.random(8, &generator))
        let plain = Self.random(1024 * Int(seed), &generator)
        let name = [5: "rc2-40-cbc", 8: "rc2-64-cbc", 16: "rc2-cbc"][keyLength] ?? ""
        let encrypted = try Self.encrypt(name, plain, key: key, iv: iv)
        #expect(encrypted.withUnsafeBytes { RC2.decryptCBC($0, key: key, iv: iv) }?.exposedBytes == plain)
    }

    @Test("Blocks, keys and vectors of a wrong size are not decrypted")
    func shapes() {
        func tripleDES(_ data: Int, _ key: Int, _ iv: Int) -> SecretBytes? {
            [UInt8](repeating: 1, count: data).withUnsafeBytes {
                TripleDES.decryptCBC(
                    $0, key: [UInt8](repeating: 2, count: key), iv: [UInt8](repeating: 3, count: iv))
            }
        }
        func rc2(_ data: Int, _ key: Int, _ iv: Int) -> SecretBytes? {
            [UInt8](repeating: 1, count: data).withUnsafeBytes {
                RC2.decryptCBC($0, key: [UInt8](repeating: 2, count: key), iv: [UInt8](repeating: 3, count: iv))
            }
        }
        #expect(tripleDES(7, 24, 8) == nil)
        #expect(tripleDES(8, 16, 8) == nil)
        #expect(tripleDES(8, 24, 0) == nil)
        #expect(tripleDES(0, 24, 8)?.isEmpty == true)
        #expect(rc2(9, 5, 8) == nil)
        #expect(rc2(8, 0, 8) == nil)
        #expect(rc2(8, 129, 8) == nil)
        #expect(rc2(8, 5, 16) == nil)
        #expect(rc2(8, 128, 8)?.count == 8)
    }
}
