import ArgumentParser
import AzureEmulator
import CommandSupport
import Foundation

struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the last requests, without values and tokens.",
        discussion: """
            WHO is the caller's identity, if a token or a client id in the request names it. Status 0 means that \
            the connection ended without a response.
            """)

    @OptionGroup var emulator: DirectoryOption

    @Flag(name: .shortAndLong, help: "Print new requests until interrupted.")
    var follow = false

    @Option(help: "text, or json for one object per line.")
    var output = OutputFormat.text

    func run() async throws {
        var last = 0
        let table = RequestTable(isColoured: output == .text && TerminalColour.isWanted)
        var heading: String? = output == .text ? table.heading : nil
        repeat {
            let page = try await emulator.controls.get(RequestLog.Page.self, "/requests?after=\(last)")
            // Not before, so that nothing is printed if no emulator runs.
            if let line = heading { StandardOutput.write(line + "\n") }
            heading = nil
            for entry in page.entries {
                StandardOutput.write((output == .json ? try Self.json(entry) : table.text(of: entry)) + "\n")
            }
            last = page.next
            if follow { try await Task.sleep(for: .milliseconds(250)) }
        } while follow
    }

    private static func json(_ entry: RequestLog.Entry) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(entry), as: UTF8.self)
    }
}
