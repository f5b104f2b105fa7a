import ArgumentParser
import Foundation

/// The option that selects the running emulator for a command.
struct DirectoryOption: ParsableArguments {
    @Option(help: "The running emulator's directory. AKV_EMULATOR_DIRECTORY, which print-env sets, is its default.")
    var directory = ProcessInfo.processInfo.environment[EmulatorDirectory.variable] ?? "akv-emulator.d"

    /// The controls of that emulator.
    var controls: ControlsClient { ControlsClient(directory: directory) }
}
