import ArgumentParser
import AzureEmulator
import Foundation

/// `akv-emulator role …`
struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Grant and revoke roles on a vault or one of its objects.",
        subcommands: [RoleGrant.self, RoleRevoke.self, RoleList.self])
}

/// The arguments that name a role assignment.
struct RoleArguments: ParsableArguments {
    @OptionGroup var emulator: DirectoryOption

    @Option(help: "Only for this object: NAME or secrets/NAME, keys/NAME, certificates/NAME.")
    var object: ObjectName?

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The role, such as 'Key Vault Secrets User'.")
    var role: String

    /// The path of the vault's role assignments.
    var path: String { ControlsClient.path("vaults", vault, "access") }

    func body() throws -> Data {
        try JSONEncoder().encode(RoleAssignment(identity: identity, role: role, object: object?.text))
    }

    /// The vault or the object that the role is for.
    var scope: String { object.map { "\(vault)/\($0.text)" } ?? vault }
}

struct RoleGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Grant a role. It takes effect immediately.")

    @OptionGroup var arguments: RoleArguments

    func run() async throws {
        try await arguments.emulator.controls.send(.post, arguments.path, body: try arguments.body())
        print("\(arguments.identity) has the role \(arguments.role) on \(arguments.scope)")
    }
}

struct RoleRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a role. It takes effect immediately.")

    @OptionGroup var arguments: RoleArguments

    func run() async throws {
        try await arguments.emulator.controls.send(.delete, arguments.path, body: try arguments.body())
        print("\(arguments.identity) no longer has the role \(arguments.role) on \(arguments.scope)")
    }
}

struct RoleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the role assignments.")

    @OptionGroup var emulator: DirectoryOption

    func run() async throws {
        var table = Table(["VAULT", "SCOPE", "IDENTITY", "ROLE"])
        for vault in try await emulator.controls.get([VaultSummary].self, "/vaults") {
            for access in vault.access {
                table.add([vault.name, access.object ?? "the vault", access.identity, access.role])
            }
        }
        print(table.text, terminator: "")
    }
}
