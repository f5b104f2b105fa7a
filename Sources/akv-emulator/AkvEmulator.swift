import ArgumentParser

/// The emulator's command line.
@main
struct AkvEmulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-emulator",
        abstract: "A local Entra and Azure Key Vault over TLS, for development and tests.",
        subcommands: [Serve.self, Token.self, SetSecret.self, Calls.self, FaultCommand.self],
        defaultSubcommand: Serve.self)
}
