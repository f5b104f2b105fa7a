import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the requests that were answered, without values and tokens.",
        discussion: "Who called is known where a token or a client id says it. Status 0 is a connection that broke off."
    )

    @OptionGroup var running: Running

    @Flag(name: .shortAndLong, help: "Go on until interrupted.")
    var follow = false

    @Option(help: "text, or json for one object a line.")
    var output = OutputFormat.text

    func run() async throws {
        var last = 0
        let row = Row(isColoured: output == .text && Self.wantsColours)
        var heading: String? = output == .text ? row.heading : nil
        repeat {
            let answer = try await control(.GET, "/requests?after=\(last)", in: running.directory)
            if let line = heading { write(line) }
            heading = nil
            let decoder = JSONDecoder()
            let page = try decoder.decode(RequestLog.Page.self, from: answer)
            for entry in page.entries { write(output == .json ? try json(entry) : row.text(of: entry)) }
            last = page.next
            if follow { try await Task.sleep(for: .milliseconds(250)) }
        } while follow
    }

    /// On a terminal, unless NO_COLOR (https://no-color.org) or a dumb terminal forbids them.
    private static var wantsColours: Bool {
        let environment = ProcessInfo.processInfo.environment
        return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb" && isatty(STDOUT_FILENO) == 1
    }

    private func json(_ entry: RequestLog.Entry) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(entry), as: UTF8.self)
    }

    /// Not by print, which keeps lines back when the output is no terminal.
    private func write(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// One request as a line of a table. Long names push the rest to the right instead of being cut.
    private struct Row {
        let isColoured: Bool
        private let widths = [12, 14, 6, 30, 42, 6]
        private let time: DateFormatter

        init(isColoured: Bool) {
            self.isColoured = isColoured
            time = DateFormatter()
            time.locale = Locale(identifier: "en_US_POSIX")
            time.dateFormat = "HH:mm:ss.SSS"
        }

        var heading: String { line(["TIME", "WHO", "METHOD", "HOST", "PATH", "STATUS"], "MS") }

        func text(of entry: RequestLog.Entry) -> String {
            let milliseconds = String(format: "%.1f", entry.milliseconds)
            let cells = [
                time.string(from: entry.time), entry.who.isEmpty ? "-" : entry.who, entry.method, entry.host,
                entry.path,
                "\(entry.status)",
            ]
            let text = line(cells, milliseconds)
            guard isColoured, !(200..<300).contains(entry.status) else { return text }
            // 401 is the ordinary way to a token.
            let colour = entry.status == 401 ? "33" : "31"
            return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
        }

        private func line(_ cells: [String], _ last: String) -> String {
            zip(cells, widths).map { cell, width in
                // Whatever a client sent stays on its line.
                let clean = String(
                    cell.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
                return clean.count >= width ? clean : clean.padding(toLength: width, withPad: " ", startingAt: 0)
            }.joined(separator: "  ") + "  " + last
        }
    }
}
