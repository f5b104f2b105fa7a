import ArgumentParser
import AzureEmulator
import Foundation

/// `akv-emulator federation …`
struct FederationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "federation", abstract: "Add and remove the federated credentials of identities.",
        subcommands: [FederationAdd.self, FederationRemove.self, FederationList.self])
}

struct FederationAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Let a service account sign in as an identity.",
        discussion: "Example: federation add payments -n team-a reader")

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "The credential's name.")
    var name: String?

    @Option(help: "The cluster's issuer. The default is the issuer of the built-in cluster.")
    var issuer: String?

    @Option(help: "The token's audience. The default is api://AzureADTokenExchange.")
    var audience: String?

    @Option(name: .shortAndLong, help: "The service account's namespace.")
    var namespace = "default"

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The service account.")
    var serviceAccount: String

    func run() async throws {
        let subject = "system:serviceaccount:\(namespace):\(serviceAccount)"
        let credential = FederatedCredential(name: name, issuer: issuer, subject: subject, audience: audience)
        try await emulator.controls.send(
            .post, ControlsClient.path("identities", identity, "federated-credentials"),
            body: try JSONEncoder().encode(credential))
        print("\(subject) can sign in as \(identity)")
    }
}

struct FederationRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a federated credential of an identity.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The identity's name.")
    var identity: String

    @Argument(help: "The credential's name, as `federation list` shows it.")
    var credential: String

    func run() async throws {
        try await emulator.controls.send(
            .delete, ControlsClient.path("identities", identity, "federated-credentials", credential))
        print("\(identity) no longer has the federated credential \(credential)")
    }
}

struct FederationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the identities and their federated credentials.")

    @OptionGroup var emulator: DirectoryOption

    func run() async throws {
        var table = Table(["IDENTITY", "CLIENT ID", "CREDENTIAL", "SUBJECT", "ISSUER", "AUDIENCE"])
        for identity in try await emulator.controls.get([IdentitySummary].self, "/identities") {
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
