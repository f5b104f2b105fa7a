internal import ArgumentParser
internal import CommandSupport
internal import Glibc

/// The command line of the provider and its tools.
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

    /// Runs the command. `serve` does not use the general parser, because that parser cannot read flags in Go's syntax.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        if KubectlAkv.programNames.contains(program) { await Program.run(KubectlAkv.self, arguments) }
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "serve": Glibc.exit(await ServeCommand.run(rest))
        // This command is not in the list for help and completions.
        case "kubectl": await Program.run(KubectlAkv.self, rest)
        case DoctorBundleCommand.name: await Program.run(DoctorBundleCommand.self, rest)
        default: await Program.run(self, arguments)
        }
    }
}
