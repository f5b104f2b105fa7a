import ArgumentParser
import AzureEmulator
import Foundation

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the objects of the vaults, without values.")

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @Argument(help: "Only this vault.")
    var vault: String?

    func run() async throws {
        let all = try await emulator.controls.get([VaultSummary].self, "/vaults")
        let vaults = all.filter { vault == nil || $0.name == vault }
        if let vault, vaults.isEmpty {
            throw CommandError(
                "the vault \(vault) does not exist; the vaults are \(all.map(\.name).joined(separator: ", "))")
        }
        switch output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(vaults), as: UTF8.self))
        case .text: print(Self.table(vaults).text, terminator: "")
        }
    }

    /// The objects of the vaults. The key and the secret of a certificate are not listed.
    private static func table(_ vaults: [VaultSummary]) -> Table {
        var table = Table(["VAULT", "OBJECT", "KIND", "VERSIONS", "NEWEST", "STATE", "TAGS"])
        for vault in vaults {
            for collection in ["secrets", "keys", "certificates"] {
                for object in vault.objects[collection] ?? [] where !object.isManaged {
                    let newest = object.versions.first
                    let tags = object.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    table.add([
                        vault.name, "\(collection)/\(object.name)", object.kind, "\(object.versions.count)",
                        newest?.id ?? "", newest?.enabled == false ? "disabled" : "enabled",
                        tags.joined(separator: ","),
                    ])
                }
                for deleted in vault.deleted[collection] ?? [] {
                    table.add([vault.name, "\(collection)/\(deleted.name)", "", "", "", "deleted", ""])
                }
            }
        }
        return table
    }
}
