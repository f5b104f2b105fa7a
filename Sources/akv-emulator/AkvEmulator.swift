import ArgumentParser

/// The emulator's command line.
@main
struct AkvEmulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-emulator",
        abstract: "A local Entra and Azure Key Vault over TLS, for development and tests.",
        version: Build.summary,
        subcommands: [Serve.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Objects",
                subcommands: [
                    List.self, SetSecret.self, Rotate.self, Disable.self, Enable.self, Delete.self, Recover.self,
                    Purge.self,
                ]),
            CommandGroup(name: "Identities", subcommands: [Token.self, RoleCommand.self, FederationCommand.self]),
            CommandGroup(name: "Requests and faults", subcommands: [Log.self, Calls.self, FaultCommand.self]),
            CommandGroup(name: "Clients", subcommands: [PrintEnvironment.self]),
        ],
        defaultSubcommand: Serve.self)
}
