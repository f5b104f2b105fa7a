import ArgumentParser
import CommandSupport

/// The command line of the benchmark.
@main
struct AkvBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-bench",
        abstract: "Measure the performance of akv-csi serve, with akv-emulator in place of Azure.",
        discussion: "Without a subcommand, akv-bench runs all scenarios. 'akv-bench run --help' lists the options.",
        subcommands: [RunCommand.self, ModelCommand.self, TransportClientCommand.self],
        defaultSubcommand: RunCommand.self)

    static func main() async {
        await Program.run(self, Array(CommandLine.arguments.dropFirst()))
    }
}
