import Logging
import Synchronization

/// A log whose lines are kept: each with its metadata, and its message under `msg`.
final class RecordedLog: Sendable {
    private let state = Mutex<[[String: String]]>([])

    /// Every line so far, whatever its level.
    var lines: [[String: String]] { state.withLock { $0 } }

    var logger: Logger { Logger(label: "tests") { _ in Handler(log: self) } }

    /// The lines with `value` under `key`.
    func with(_ key: String, _ value: String) -> [[String: String]] { lines.filter { $0[key] == value } }

    func clear() { state.withLock { $0 = [] } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var line = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            line["msg"] = "\(event.message)"
            line["level"] = "\(event.level)"
            log.state.withLock { $0.append(line) }
        }
    }
}
