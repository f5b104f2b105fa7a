import Foundation
import TestSupport
import Testing

@testable import SecretMemory

@Suite("Base64")
struct Base64Tests {
    private static func decoding(
        _ text: String, _ alphabet: Base64.Alphabet = .standard
    ) -> Result<SecretBytes, Base64Error> {
        SecretBytes(text).withExposed { Base64.decoding($0, alphabet: alphabet) }
    }

    @Test("An invalid byte is reported at its offset, wherever it is", arguments: [Base64.Alphabet.standard, .url])
    func offsets(alphabet: Base64.Alphabet) {
        let digits = String(repeating: "QUJD", count: 5)
        for offset in digits.utf8.indices {
            for byte in ["!", alphabet == .standard ? "-" : "+", "\u{7f}", "\u{0}"] {
                let text = "\(digits[..<offset])\(byte)\(digits[offset...].dropFirst())"
                let expected = Base64Error(offset: digits.utf8.distance(from: digits.startIndex, to: offset))
                #expect(throws: expected) { try Self.decoding(text, alphabet).get() }
            }
        }
    }

    @Test(
        "Standard base64 is read with line breaks anywhere, as in Go",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("\r\nZm\n9v\r", "foo"),
            ("Zg=\n=\n", "f"), ("Z\ng\r\n==", "f"), ("AAA=\n", "\0\0"), ("+/+/", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ])
    func reads(text: String, expected: String) throws {
        #expect(try Self.decoding(text).get().exposedText == expected)
    }

    @Test(
        "Corrupt input is refused at the same byte as in Go",
        arguments: [
            ("!!!!", 0), ("====", 0), ("x===", 1), ("=AAA", 0), ("A=AA", 1), ("AA=A", 2), ("AA==A", 4), ("AAA=AAAA", 4),
            ("AAAAA", 4), ("AAAAAA", 4), ("A=", 1), ("A==", 1), ("AA=", 3), ("AAAAAA=", 7), ("YWJjZA=====", 8),
            ("A!\n", 1), ("A=\n", 1), ("AA=\nA", 3), ("Zm9v Zm9v", 4), ("Zm9\tv", 3), ("-_-_", 0), ("Zm9vYé", 5),
            ("AA=\n", 4),
        ])
    func refuses(text: String, offset: Int) {
        guard case .failure(let error) = Self.decoding(text) else {
            Issue.record("\(text) was accepted")
            return
        }
        #expect(error.message == "illegal base64 data at input byte \(offset)")
    }

    @Test("The alphabet of URLs has no padding")
    func urlAlphabet() throws {
        #expect(try Self.decoding("-_-_", .url).get().exposedBytes == [0xFB, 0xFF, 0xBF])
        #expect(try Self.decoding("Zg", .url).get().exposedText == "f")
        #expect(try Self.decoding("Zm8", .url).get().exposedText == "fo")
        for text in ["Zg==", "Z", "+/+/", "Zm9vY"] {
            guard case .failure = Self.decoding(text, .url) else {
                Issue.record("\(text) was accepted")
                return
            }
        }
    }

    @Test("Encoded bytes are decoded to the same bytes, and are the same as Foundation's", arguments: 0..<200)
    func roundTrip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
        var builder = SecretBytesBuilder()
        bytes.withUnsafeBytes { Base64.encode($0, into: &builder) }
        let written = builder.finish()
        #expect(written.exposedText == Data(bytes).base64EncodedString())
        #expect(written.withExposed { Base64.decode($0, alphabet: .standard) }?.exposedBytes == bytes)
    }
}

@Suite("Hex")
struct HexTests {
    private static func decode(_ text: String) throws -> SecretBytes {
        try SecretBytes(text).withExposed { bytes throws(HexError) in try Hex.decode(bytes) }
    }

    @Test(
        "Hexadecimal digits in either case are read",
        arguments: [("", []), ("00ff", [0, 255]), ("aBCd", [0xAB, 0xCD])] as [(String, [UInt8])])
    func reads(text: String, expected: [UInt8]) throws {
        #expect(try Self.decode(text).exposedBytes == expected)
    }

    @Test("An odd length and other characters are refused in Go's words, without showing the value")
    func refuses() {
        #expect(HexError.oddLength.message == "encoding/hex: odd length hex string")
        #expect(HexError.invalidByte.message == "encoding/hex: invalid byte in the secret's value")
        #expect(throws: HexError.oddLength) { try Self.decode("abc") }
        for text in ["0g", "g", " 00", "0x00", "00\n"] {
            #expect(throws: HexError.invalidByte) { try Self.decode(text) }
        }
    }
}
