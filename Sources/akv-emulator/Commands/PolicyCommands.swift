import ArgumentParser
import AzureEmulator
import Foundation

/// `akv-emulator policy …`
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Use access policies for a vault instead of roles.",
        subcommands: [PolicySet.self, PolicyRemove.self, PolicyClear.self, PolicyList.self])

    static func path(_ vault: String) -> String { ControlsClient.path("vaults", vault, "access-policies") }
}

struct PolicySet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set an identity's access policy. It takes effect immediately.",
        discussion: """
            The first policy of a vault lets it use access policies: its roles have no effect until policy clear.

            Example: policy set kv-payments payments --secrets get,list --keys get,sign
            """)

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "Permissions for secrets, such as get,list; all for each of them.")
    var secrets: String?

    @Option(help: "Permissions for keys, such as get,sign,unwrapKey.")
    var keys: String?

    @Option(help: "Permissions for certificates, such as get,import.")
    var certificates: String?

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The identity's name.")
    var identity: String

    func run() async throws {
        let policy = AccessPolicy(
            identity: identity, secrets: Self.list(secrets), keys: Self.list(keys),
            certificates: Self.list(certificates))
        try await emulator.controls.send(.post, PolicyCommand.path(vault), body: try JSONEncoder().encode(policy))
        print("\(identity) has an access policy in \(vault), which uses access policies instead of roles")
    }

    private static func list(_ text: String?) -> [String]? {
        text?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

struct PolicyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an identity's access policy.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The identity's name.")
    var identity: String

    func run() async throws {
        let path = PolicyCommand.path(vault) + ControlsClient.path(identity)
        try await emulator.controls.send(.delete, path)
        print("\(identity) no longer has an access policy in \(vault)")
    }
}

struct PolicyClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove a vault's access policies, so that it uses roles again.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The vault.")
    var vault: String

    func run() async throws {
        try await emulator.controls.send(.delete, PolicyCommand.path(vault))
        print("\(vault) uses roles")
    }
}

struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the access policies.")

    @OptionGroup var emulator: DirectoryOption

    func run() async throws {
        var table = Table(["VAULT", "IDENTITY", "SECRETS", "KEYS", "CERTIFICATES"])
        for vault in try await emulator.controls.get([VaultSummary].self, "/vaults") {
            for policy in vault.accessPolicies ?? [] {
                let permissions = [policy.secrets, policy.keys, policy.certificates].map { names in
                    names.flatMap { $0.isEmpty ? nil : $0.joined(separator: ",") } ?? "-"
                }
                table.add([vault.name, policy.identity] + permissions)
            }
        }
        print(table.text, terminator: "")
    }
}
