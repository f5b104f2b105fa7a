import AzureEmulator
import Foundation

/// Formats requests as the lines of a table. A long cell moves the rest of its line to the right and is not shortened.
struct RequestTable {
    let isColoured: Bool
    private let widths = [12, 14, 6, 30, 42, 6]
    private let timeFormat: DateFormatter

    init(isColoured: Bool) {
        self.isColoured = isColoured
        timeFormat = DateFormatter()
        timeFormat.locale = Locale(identifier: "en_US_POSIX")
        timeFormat.dateFormat = "HH:mm:ss.SSS"
    }

    var heading: String { line(["TIME", "WHO", "METHOD", "HOST", "PATH", "STATUS"], last: "MS") }

    func text(of entry: RequestLog.Entry) -> String {
        let cells = [
            timeFormat.string(from: entry.time), entry.who.isEmpty ? "-" : entry.who, entry.method, entry.host,
            entry.path, "\(entry.status)",
        ]
        let text = line(cells, last: String(format: "%.1f", entry.milliseconds))
        guard isColoured, !(200..<300).contains(entry.status) else { return text }
        // A client normally gets a 401 for its first request without a token, so this status is yellow and not red.
        let colour = entry.status == 401 ? "33" : "31"
        return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
    }

    private func line(_ cells: [String], last: String) -> String {
        zip(cells, widths).map { cell, width in
            // A client cannot break the line or send control sequences to the terminal.
            let clean = String(
                cell.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
            return clean.count >= width ? clean : clean.padding(toLength: width, withPad: " ", startingAt: 0)
        }.joined(separator: "  ") + "  " + last
    }
}
