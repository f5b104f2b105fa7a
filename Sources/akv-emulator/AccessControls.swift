import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

/// `akv-emulator role …`
struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Grant and revoke roles on a vault or one of its objects.",
        subcommands: [RoleGrant.self, RoleRevoke.self, RoleList.self])
}

/// A role assignment as a command names it.
struct Assignment: ParsableArguments {
    @OptionGroup var running: Running

    @Option(help: "Only for this object: NAME or secrets/NAME, keys/NAME, certificates/NAME.")
    var object: ObjectName?

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The role, such as 'Key Vault Secrets User'.")
    var role: String

    var path: String { "/vaults/\(escaped(vault))/access" }

    func body() throws -> Data {
        try JSONEncoder().encode(Seed.Access(identity: identity, role: role, object: object?.text))
    }

    var scope: String { object.map { "\(vault)/\($0.text)" } ?? vault }
}

struct RoleGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "grant", abstract: "Grant a role; it counts at once.")

    @OptionGroup var assignment: Assignment

    func run() async throws {
        _ = try await control(
            .POST, assignment.path, in: assignment.running.directory, body: try assignment.body())
        print("\(assignment.identity) is \(assignment.role) on \(assignment.scope)")
    }
}

struct RoleRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a role; it counts at once.")

    @OptionGroup var assignment: Assignment

    func run() async throws {
        _ = try await control(
            .DELETE, assignment.path, in: assignment.running.directory, body: try assignment.body())
        print("\(assignment.identity) is no longer \(assignment.role) on \(assignment.scope)")
    }
}

struct RoleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List who has which role where.")

    @OptionGroup var running: Running

    func run() async throws {
        let answer = try await control(.GET, "/vaults", in: running.directory)
        var table = Table(["VAULT", "SCOPE", "IDENTITY", "ROLE"])
        for vault in try JSONDecoder().decode([ShownVault].self, from: answer) {
            for access in vault.access {
                table.add([vault.name, access.object ?? "the vault", access.identity, access.role])
            }
        }
        print(table.text, terminator: "")
    }
}

/// `akv-emulator federation …`
struct FederationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "federation", abstract: "Add and remove identities' federated credentials.",
        subcommands: [FederationAdd.self, FederationRemove.self, FederationList.self])
}

struct FederationAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Let a service account be taken for an identity.",
        discussion: "Example: federation add payments -n team-a reader")

    @OptionGroup var running: Running

    @Option(help: "The credential's name.")
    var name: String?

    @Option(help: "The cluster's issuer; the built-in one when absent.")
    var issuer: String?

    @Option(help: "The token's audience; api://AzureADTokenExchange when absent.")
    var audience: String?

    @Option(name: .shortAndLong, help: "The service account's namespace.")
    var namespace = "default"

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The service account.")
    var serviceAccount: String

    func run() async throws {
        let subject = "system:serviceaccount:\(namespace):\(serviceAccount)"
        let credential = Seed.FederatedCredential(name: name, issuer: issuer, subject: subject, audience: audience)
        _ = try await control(
            .POST, "/identities/\(escaped(identity))/federated-credentials", in: running.directory,
            body: try JSONEncoder().encode(credential))
        print("\(subject) is taken for \(identity)")
    }
}

struct FederationRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an identity's federated credential.")

    @OptionGroup var running: Running

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The credential's name, as `federation list` shows it.")
    var credential: String

    func run() async throws {
        _ = try await control(
            .DELETE, "/identities/\(escaped(identity))/federated-credentials/\(escaped(credential))",
            in: running.directory)
        print("\(identity) has no credential \(credential) any more")
    }
}

struct FederationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List identities and their federated credentials.")

    @OptionGroup var running: Running

    func run() async throws {
        let answer = try await control(.GET, "/identities", in: running.directory)
        var table = Table(["IDENTITY", "CLIENT ID", "CREDENTIAL", "SUBJECT", "ISSUER", "AUDIENCE"])
        for identity in try JSONDecoder().decode([ShownIdentity].self, from: answer) {
            if identity.federatedCredentials.isEmpty { table.add([identity.name, identity.clientID, "", "", "", ""]) }
            for credential in identity.federatedCredentials {
                table.add([
                    identity.name, identity.clientID, credential.name, credential.subject, credential.issuer,
                    credential.audience,
                ])
            }
        }
        print(table.text, terminator: "")
    }
}
