/// A file's permission bits, 0 to 0777.
package struct FilePermission: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32

    package init?(rawValue: UInt32) {
        guard rawValue <= 0o777 else { return nil }
        self.rawValue = rawValue
    }

    /// Reads octal text such as `0644` or `644`; nil for anything else. Upstream treats invalid text as mode 0, which
    /// makes the file unreadable.
    package init?(octal text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
            let value = UInt32(text, radix: 8)
        else { return nil }
        self.init(rawValue: value)
    }

    package static let `default` = FilePermission(unchecked: 0o644)

    private init(unchecked rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package var description: String {
        let digits = String(rawValue, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
