import ArgumentParser

/// The option that says which running emulator a command talks to.
struct DirectoryOption: ParsableArguments {
    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    /// The controls of that emulator.
    var controls: ControlsClient { ControlsClient(directory: directory) }
}
