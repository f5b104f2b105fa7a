package import ProviderCore

extension String {
    /// Every byte but RFC 3986's unreserved ones as `%XX`, so that the text stays one path segment or
    /// one form value whatever it holds.
    package var percentEncoded: String {
        var output = ""
        for byte in utf8 { output.append(contentsOf: PercentEncoding.text(byte)) }
        return output
    }
}

enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF")

    static func text(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            String(Character(Unicode.Scalar(byte)))
        default: "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 0xF)])"
        }
    }
}

/// An `application/x-www-form-urlencoded` body that may hold credentials.
package struct FormBody: ~Copyable {
    private var builder = SecretBytesBuilder(capacity: 2048)

    package init() {}

    package mutating func add(_ name: String, _ value: String) {
        begin(name)
        builder.append(contentsOf: value.percentEncoded.utf8)
    }

    package mutating func add(_ name: String, _ value: SecretBytes) {
        begin(name)
        value.withExposed { bytes in
            for byte in bytes { builder.append(contentsOf: PercentEncoding.text(byte).utf8) }
        }
    }

    package mutating func finish() -> SecretBytes { builder.finish() }

    private mutating func begin(_ name: String) {
        if builder.count > 0 { builder.append(UInt8(ascii: "&")) }
        builder.append(contentsOf: name.utf8)
        builder.append(UInt8(ascii: "="))
    }
}
