internal import ArgumentParser
internal import CommandSupport
internal import Glibc

/// The provider's command line.
@main
struct AkvCsi: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-csi",
        abstract: "Azure Key Vault provider for the Secrets Store CSI driver.",
        version: Build.summary,
        subcommands: [
            Serve.self, Mount.self, Check.self, Setup.self, DoctorCommand.self, StatusCommand.self, Migrate.self,
            Explain.self,
        ])

    /// `serve` does not use the general parser, which cannot read flags in Go's way.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "serve" { Glibc.exit(await ServeCommand.run(Array(arguments.dropFirst()))) }
        await Program.run(self, arguments)
    }
}
