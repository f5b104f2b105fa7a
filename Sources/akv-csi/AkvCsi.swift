internal import ArgumentParser
internal import CSIProvider

/// The provider's command line.
@main
struct AkvCsi: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-csi",
        abstract: "Azure Key Vault provider for the Secrets Store CSI driver.",
        version: Build.version,
        subcommands: [Serve.self, Mount.self])

    static func main() async {
        await main(GoFlags.normalized(Array(CommandLine.arguments.dropFirst())))
    }
}

enum Build {
    /// With the leading v that the driver's protocol and upstream use.
    static let version = "v0.1.0"
}
