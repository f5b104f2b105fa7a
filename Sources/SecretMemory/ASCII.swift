/// Classes of ASCII characters, as bytes. Letters and digits of other scripts do not belong to any of them.
///
/// The type is public, because the compiler does not inline members of `package` level into other modules.
public enum ASCII {
    @inlinable public static var digits: ClosedRange<UInt8> { UInt8(ascii: "0")...UInt8(ascii: "9") }
    @inlinable public static var lowercase: ClosedRange<UInt8> { UInt8(ascii: "a")...UInt8(ascii: "z") }
    @inlinable public static var uppercase: ClosedRange<UInt8> { UInt8(ascii: "A")...UInt8(ascii: "Z") }
    /// The printable characters, without the space.
    @inlinable public static var visible: ClosedRange<UInt8> { 0x21...0x7E }
    /// The printable characters, with the space.
    @inlinable public static var printable: ClosedRange<UInt8> { 0x20...0x7E }

    @inlinable public static func isLetter(_ byte: UInt8) -> Bool {
        lowercase.contains(byte) || uppercase.contains(byte)
    }

    @inlinable public static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || digits.contains(byte) }

    @inlinable public static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    @inlinable public static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || scalar.value == 0x7F
    }

    /// Whether the byte is a space, a tab or a line break of any kind.
    @inlinable public static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    @inlinable public static func lowercased(_ byte: UInt8) -> UInt8 {
        uppercase.contains(byte) ? byte | 0x20 : byte
    }

    @inlinable public static func uppercased(_ byte: UInt8) -> UInt8 {
        lowercase.contains(byte) ? byte & 0xDF : byte
    }

    /// Whether two texts are equal if the case of ASCII letters is ignored.
    @inlinable public static func isSame(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }
}

extension StringProtocol {
    /// The text with its ASCII letters in lower case. Unlike `lowercased()`, it makes no ASCII letter of another
    /// character, such as a k of the Kelvin sign.
    package var lowercasedASCII: String { String(decoding: utf8.map { ASCII.lowercased($0) }, as: UTF8.self) }

    /// Whether the text consists only of ASCII letters, ASCII digits and `others`. It is true for an empty text.
    package func hasOnlyASCIILettersAndDigits(or others: StaticString) -> Bool {
        var text = Substring(self)
        return text.withUTF8 { bytes in
            bytes.allSatisfy { byte in ASCII.isLetterOrDigit(byte) || others.withUTF8Buffer { $0.contains(byte) } }
        }
    }
}
