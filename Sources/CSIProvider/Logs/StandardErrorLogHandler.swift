internal import Documents
internal import Glibc
package import Logging

/// Writes log lines to standard error: JSON objects, or text for those who read them with their eyes.
package struct StandardErrorLogHandler: LogHandler {
    package enum Format: Sendable {
        case json
        case text
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: Format

    package init(format: Format, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = (event.metadata.map { metadata.merging($0) { $1 } } ?? metadata).sorted { $0.key < $1.key }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var line: [UInt8] = []
        line.reserveCapacity(1024)
        switch format {
        case .json:
            // `ts` in milliseconds since 1970, as upstream's JSON log has it.
            line +=
                "{\"ts\":\(now.tv_sec * 1000 + now.tv_nsec / 1_000_000),\"level\":\"\(event.level.rawValue)\",\"msg\":"
                .utf8
            JSONWriter.append(quoted: event.message.description, to: &line)
            for (key, value) in fields {
                line.append(UInt8(ascii: ","))
                JSONWriter.append(quoted: key, to: &line)
                line.append(UInt8(ascii: ":"))
                let text = Self.text(value)
                if Self.isNumber(text) { line += text.utf8 } else { JSONWriter.append(quoted: text, to: &line) }
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            line += "\(Self.clock(now.tv_sec)) \(event.level.rawValue) \(event.message)".utf8
            for (key, value) in fields {
                line += " \(key)=".utf8
                JSONWriter.append(quoted: Self.text(value), to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        line.withUnsafeBytes(Self.write)
    }

    /// One write per line, so that lines of different threads do not mix.
    package static func write(_ line: String) {
        var line = line
        line.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    private static func write(_ line: UnsafeRawBufferPointer) {
        var rest = line[...]
        while !rest.isEmpty {
            let written = Glibc.write(STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }

    private static func text(_ value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { "\(value)" }
    }

    private static func clock(_ seconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// Numbers stay numbers, everything else becomes a string. Whether `text` is one in JSON's notation, and
    /// one that no reader rounds.
    private static func isNumber(_ text: String) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix { digits.contains($0) }
        guard rest.count < 16, let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else {
            return false
        }
        rest = rest.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return rest.isEmpty }
        return rest.count > 1 && rest.dropFirst().allSatisfy { digits.contains($0) }
    }
}
