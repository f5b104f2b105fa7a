import ArgumentParser
import AzureEmulator
import Foundation

/// `akv-emulator firewall …`
struct FirewallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firewall", abstract: "Let a vault accept only some addresses.",
        subcommands: [FirewallSet.self, FirewallClear.self, FirewallList.self])

    static func path(_ vault: String) -> String { ControlsClient.path("vaults", vault, "firewall") }
}

struct FirewallSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a vault's firewall. It takes effect immediately.",
        discussion: """
            All clients of the emulator seem to have one address, 203.0.113.10 or --client-address. The vault \
            answers 403 ForbiddenByFirewall unless --allow has a range with it.

            Example: firewall set kv-payments --allow 198.51.100.0/24 --client-address 198.51.100.7
            """)

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "An address or a range that the vault accepts. Can be repeated.")
    var allow: [String] = []

    @Option(help: "The clients' address as the vault sees it.")
    var clientAddress: String?

    @Flag(help: "Accept private endpoints only, which the emulator does not have: 403 ForbiddenByConnection.")
    var noPublicAccess = false

    @Argument(help: "The vault.")
    var vault: String

    func run() async throws {
        let firewall = VaultFirewall(
            allow: allow, clientAddress: clientAddress, publicAccess: noPublicAccess ? false : nil)
        try await emulator.controls.send(.put, FirewallCommand.path(vault), body: try JSONEncoder().encode(firewall))
        print("\(vault) accepts \(firewall.accepted)")
    }
}

struct FirewallClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove a vault's firewall, so that it accepts all addresses.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The vault.")
    var vault: String

    func run() async throws {
        try await emulator.controls.send(.delete, FirewallCommand.path(vault))
        print("\(vault) accepts all addresses")
    }
}

struct FirewallList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the vaults' firewalls.")

    @OptionGroup var emulator: DirectoryOption

    func run() async throws {
        var table = Table(["VAULT", "ACCEPTS", "CLIENTS HAVE"])
        for vault in try await emulator.controls.get([VaultSummary].self, "/vaults") {
            let firewall = vault.firewall
            table.add([vault.name, firewall?.accepted ?? "all addresses", firewall?.address ?? "-"])
        }
        print(table.text, terminator: "")
    }
}

extension VaultFirewall {
    /// The addresses that the vault accepts.
    fileprivate var accepted: String {
        if publicAccess == false { return "private endpoints only" }
        let ranges = allow ?? []
        return ranges.isEmpty ? "no address" : ranges.joined(separator: ", ")
    }
}
