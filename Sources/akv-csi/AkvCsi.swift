internal import ArgumentParser
internal import CSIProvider
internal import Glibc

/// The provider's command line.
@main
struct AkvCsi: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-csi",
        abstract: "Azure Key Vault provider for the Secrets Store CSI driver.",
        version: Build.summary,
        subcommands: [Serve.self, Mount.self, Check.self, DoctorCommand.self, Migrate.self, Explain.self])

    /// `serve` goes past the general parser, which cannot read flags in Go's way.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "serve" { Glibc.exit(await ServeCommand.run(Array(arguments.dropFirst()))) }
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // A mistake in the command is told from what the command found, for scripts.
            let isMistake = (error as? CommandError)?.isMistake == true
            guard isMistake || exitCode(for: error) == .validationFailure else { exit(withError: error) }
            StandardErrorLogHandler.write("\(fullMessage(for: error))\n")
            Glibc.exit(2)
        }
    }
}
