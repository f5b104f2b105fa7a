import ArgumentParser
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

    private struct Shown: Decodable {
        struct Object: Decodable {
            struct Version: Decodable {
                var id: String
                var enabled: Bool
            }
            var name: String
            var kind: String
            var isManaged: Bool
            var tags: [String: String]
            var versions: [Version]
        }
        struct Deleted: Decodable {
            var name: String
        }
        var name: String
        var objects: [String: [Object]]
        var deleted: [String: [Deleted]]
    }

    func run() async throws {
        let answer = try await control(.GET, "/vaults", in: running.directory)
        guard output == .text else {
            let all = try JSONSerialization.jsonObject(with: answer) as? [[String: Any]] ?? []
            let chosen = all.filter { vault == nil || $0["name"] as? String == vault }
            let data = try JSONSerialization.data(
                withJSONObject: chosen, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            print(String(decoding: data, as: UTF8.self))
            return
        }
        let vaults = try JSONDecoder().decode([Shown].self, from: answer)
        if let vault, !vaults.contains(where: { $0.name == vault }) {
            throw ValidationError("there is no vault \(vault); there are \(vaults.map(\.name).joined(separator: ", "))")
        }
        var table = Table(["VAULT", "OBJECT", "KIND", "VERSIONS", "NEWEST", "STATE", "TAGS"])
        for shown in vaults where vault == nil || shown.name == vault {
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
