import ArgumentParser

/// The benchmark's command line.
@main
struct AkvBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "akv-bench",
        abstract: "Measures the provider: akv-csi serve and akv-emulator as they ship, over the driver's socket.",
        discussion: "Without a subcommand all scenarios run. 'akv-bench run --help' lists the options.",
        subcommands: [RunCommand.self, ModelCommand.self],
        defaultSubcommand: RunCommand.self)
}
