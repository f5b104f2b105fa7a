import ArgumentParser
import AzureEmulator
import CommandSupport
import Foundation

/// The emulator's command line.
@main
struct AkvEmulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-emulator",
        abstract: "A local Entra and Azure Key Vault over TLS, for development and tests.",
        version: Build.summary,
        subcommands: [Serve.self, Run.self],
        groupedSubcommands: [
            CommandGroup(name: "Clients", subcommands: [PrintEnvironment.self]),
            CommandGroup(
                name: "Objects",
                subcommands: [
                    List.self, SetSecret.self, Rotate.self, Disable.self, Enable.self, Delete.self, Recover.self,
                    Purge.self,
                ]),
            CommandGroup(
                name: "Access",
                subcommands: [
                    Token.self, RoleCommand.self, PolicyCommand.self, FirewallCommand.self, FederationCommand.self,
                ]),
            CommandGroup(name: "Requests and faults", subcommands: [Log.self, Calls.self, FaultCommand.self]),
        ],
        defaultSubcommand: Serve.self)

    /// Exit codes as those of `akv-csi`: 2 for a mistake in the command or in a file that it names, 1 for a command
    /// that failed.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        await Program.run(
            self, arguments, isMistake: CommandError.isMistake, onFailure: { PrintEnvironment.block(arguments) })
    }
}
