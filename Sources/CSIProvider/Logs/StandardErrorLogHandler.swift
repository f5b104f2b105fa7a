internal import Documents
internal import Glibc
package import Logging

/// Writes log lines to standard error, as JSON objects or as plain text.
package struct StandardErrorLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: LogFormat

    package init(format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let own = event.metadata ?? [:]
        var fields: [(key: String, text: String)] = []
        fields.reserveCapacity(own.count + metadata.count)
        for (key, value) in own { fields.append((key, Self.text(value))) }
        for (key, value) in metadata where own[key] == nil { fields.append((key, Self.text(value))) }
        fields.sort { $0.key < $1.key }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var line = LogLine(format: format, seconds: now.tv_sec, nanoseconds: now.tv_nsec, level: event.level)
        line.append(message: event.message.description)
        for (key, text) in fields { line.append(text, for: key) }
        line.end()
        line.bytes.withUnsafeBytes(Self.write)
    }

    /// Writes the whole line in one call, so that lines of different threads do not mix.
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
}
