import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

/// How a command's output is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what the vaults hold, without values.")

    @OptionGroup var running: Running

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @Argument(help: "Only this vault.")
    var vault: String?

    func run() async throws {
        let answer = try await control(.GET, "/vaults", in: running.directory)
        let all = try JSONDecoder().decode([ShownVault].self, from: answer)
        let vaults = all.filter { vault == nil || $0.name == vault }
        if let vault, vaults.isEmpty {
            throw Complaint("there is no vault \(vault); there are \(all.map(\.name).joined(separator: ", "))")
        }
        guard output == .text else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return print(String(decoding: try encoder.encode(vaults), as: UTF8.self))
        }
        var table = Table(["VAULT", "OBJECT", "KIND", "VERSIONS", "NEWEST", "STATE", "TAGS"])
        for shown in vaults {
            for collection in ["secrets", "keys", "certificates"] {
                for object in shown.objects[collection] ?? [] where !object.isManaged {
                    let newest = object.versions.first
                    let tags = object.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    table.add([
                        shown.name, "\(collection)/\(object.name)", object.kind, "\(object.versions.count)",
                        newest?.id ?? "", newest?.enabled == false ? "disabled" : "enabled",
                        tags.joined(separator: ","),
                    ])
                }
                for deleted in shown.deleted[collection] ?? [] {
                    table.add([shown.name, "\(collection)/\(deleted.name)", "", "", "", "deleted", ""])
                }
            }
        }
        print(table.text, terminator: "")
    }
}

/// Rows of text under a heading, their columns aligned.
struct Table {
    private var rows: [[String]]

    init(_ heading: [String]) { rows = [heading] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
