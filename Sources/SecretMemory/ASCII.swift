/// The ASCII characters by kind, as bytes: letters of other alphabets and digits of other scripts are none of them.
package enum ASCII {
    @inlinable package static var digits: ClosedRange<UInt8> { UInt8(ascii: "0")...UInt8(ascii: "9") }
    @inlinable package static var lowercase: ClosedRange<UInt8> { UInt8(ascii: "a")...UInt8(ascii: "z") }
    @inlinable package static var uppercase: ClosedRange<UInt8> { UInt8(ascii: "A")...UInt8(ascii: "Z") }
    /// Everything that prints, but for the space.
    @inlinable package static var visible: ClosedRange<UInt8> { 0x21...0x7E }
    /// Everything that prints.
    @inlinable package static var printable: ClosedRange<UInt8> { 0x20...0x7E }

    @inlinable package static func isLetter(_ byte: UInt8) -> Bool {
        lowercase.contains(byte) || uppercase.contains(byte)
    }

    @inlinable package static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || digits.contains(byte) }

    @inlinable package static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    @inlinable package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || scalar.value == 0x7F
    }

    /// A space, a tab or a line break of any kind.
    @inlinable package static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    @inlinable package static func lowercased(_ byte: UInt8) -> UInt8 {
        uppercase.contains(byte) ? byte | 0x20 : byte
    }

    @inlinable package static func uppercased(_ byte: UInt8) -> UInt8 {
        lowercase.contains(byte) ? byte & 0xDF : byte
    }

    /// Whether two texts are the same but for the case of ASCII letters.
    package static func isSame(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }
}

extension StringProtocol {
    /// Whether it has nothing but ASCII letters, ASCII digits and `others`; true of an empty text.
    package func hasOnlyASCIILettersAndDigits(or others: StaticString) -> Bool {
        utf8.allSatisfy { byte in ASCII.isLetterOrDigit(byte) || others.withUTF8Buffer { $0.contains(byte) } }
    }
}
