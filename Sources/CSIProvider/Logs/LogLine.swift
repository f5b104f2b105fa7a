internal import Documents
internal import Glibc
internal import Logging
internal import SecretMemory

/// The formats of log lines: JSON objects, or plain text for humans.
package enum LogFormat: Sendable {
    case json
    case text
}

/// One line of the log. Its length is limited and invisible characters are escaped, because many of the logged texts
/// come from users: a line must not displace the lines of others or look like several lines.
struct LogLine {
    /// The maximum length of one field in bytes. The whole text of an error fits.
    static let maximumFieldBytes = 16 << 10
    /// The length of a line, in bytes, after which further fields are shortened to a few words.
    static let maximumBytes = 32 << 10
    /// The length of a shortened field, and the maximum length of a field's name, in bytes.
    private static let minimumFieldBytes = 100

    private(set) var bytes: [UInt8] = []
    private let format: LogFormat

    init(format: LogFormat, seconds: Int, nanoseconds: Int, level: Logger.Level) {
        self.format = format
        bytes.reserveCapacity(1024)
        switch format {
        case .json:
            // As in upstream's JSON log, `ts` is in milliseconds since 1970.
            bytes += "{\"ts\":".utf8
            bytes += String(seconds * 1000 + nanoseconds / 1_000_000).utf8
            bytes += ",\"level\":\"".utf8
            bytes += level.rawValue.utf8
            bytes.append(UInt8(ascii: "\""))
        case .text:
            bytes += "\(Self.clock(seconds)) \(level.rawValue)".utf8
        }
    }

    /// Appends the message, which is a constant text of the program.
    mutating func append(message: String) {
        switch format {
        case .json: append(message, for: "msg")
        case .text: bytes += " \(message.visible(maximumBytes: Self.maximumFieldBytes))".utf8
        }
    }

    mutating func append(_ value: String, for key: String) {
        switch format {
        case .json:
            bytes.append(UInt8(ascii: ","))
            append(quoted: key, maximumBytes: Self.minimumFieldBytes)
            bytes.append(UInt8(ascii: ":"))
            if Self.isNumber(value), Self.numberFields.contains(key) {
                bytes += value.utf8
                return
            }
        case .text:
            bytes += " \(key.visible(maximumBytes: Self.minimumFieldBytes))=".utf8
        }
        let room = max(Self.minimumFieldBytes, min(Self.maximumFieldBytes, Self.maximumBytes - bytes.count))
        append(quoted: value, maximumBytes: room)
    }

    private mutating func append(quoted text: String, maximumBytes limit: Int) {
        var text = text
        // Nearly all texts are short and need no escape.
        let isDone = text.withUTF8 { source in
            guard source.count <= limit, source.allSatisfy({ Self.isPlain($0) }) else { return false }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: source)
            bytes.append(UInt8(ascii: "\""))
            return true
        }
        if isDone { return }
        // JSON escapes line breaks, which errors with several parts contain.
        JSONWriter.append(quoted: text.visible(maximumBytes: limit, keepingLines: true), to: &bytes)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        ASCII.printable.contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Ends the line. Nothing can be appended after it.
    mutating func end() {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func clock(_ seconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// The fields that are written as numbers. Each field always has the same type, whatever its text is: a class can
    /// be named `2024`.
    private static let numberFields: Set<String> = [
        "cached", "days_left", "duration_ms", "errno", "failing_seconds", "fetched", "files", "joined", "objects",
        "port",
        "rules", "running_mounts", "stale",
    ]

    /// Whether `text` is a number in JSON's notation that readers do not round.
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        // Most fields are words or IDs.
        guard text.utf8.count < 17, let first = rest.first, first <= UInt8(ascii: "9") else { return false }
        if first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix { ASCII.digits.contains($0) }
        guard rest.count < 16, let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else {
            return false
        }
        rest = rest.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return rest.isEmpty }
        return rest.count > 1 && rest.dropFirst().allSatisfy { ASCII.digits.contains($0) }
    }
}
