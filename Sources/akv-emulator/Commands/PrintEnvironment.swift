import ArgumentParser
import AzureEmulator
import Foundation

struct PrintEnvironment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print-env",
        abstract: "Print the shell variables with which the Azure SDKs and the provider reach the emulator.",
        discussion: """
            In a shell: eval "$(akv-emulator print-env --wait)". With --identity NAME the DefaultAzureCredential of \
            the SDKs also becomes that identity, with a token of the built-in cluster. To go back: \
            eval "$(akv-emulator print-env --unset)".

            If the command fails, the lines that it prints make HTTPS requests fail, so that programs do not \
            reach the real Azure instead.
            """)

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "The identity for the SDKs. It needs a federated credential for the built-in cluster.")
    var identity: String?

    @Flag(help: "Wait until the emulator answers.")
    var wait = false

    @Option(help: "How long to wait, in seconds.")
    var timeout = 30

    @Option(help: "The shell that reads the lines: sh, bash, zsh or fish.")
    var shell = ShellSyntax.sh

    @Flag(help: "Print the lines that restore the variables of the shell.")
    var unset = false

    func validate() throws {
        guard timeout >= 0 else { throw ValidationError("--timeout must not be negative") }
        if unset, wait || identity != nil {
            throw ValidationError("--unset needs no emulator, so it takes neither --wait nor --identity")
        }
    }

    func run() async throws {
        let session = ShellSession(exported: ProcessInfo.processInfo.environment, syntax: shell)
        if unset { return StandardOutput.write(session.restoringLines()) }
        let running = RunningEmulator(directory: EmulatorDirectory(path: emulator.directory))
        do {
            try await running.check(timeout: wait ? .seconds(timeout) : .zero)
        } catch let error as CommandError where wait {
            throw CommandError("\(error.description) (waited \(timeout) s)")
        }
        StandardOutput.write(session.lines(setting: try await running.environment(identity: identity)))
    }

    /// Whether these arguments of the program ask for the variables, with this command or with `--print-env`.
    private static func isMeant(by arguments: [String]) -> Bool {
        arguments.first == configuration.commandName || arguments.prefix { $0 != "--" }.contains("--print-env")
    }

    /// Prints lines that let HTTPS requests fail if the arguments ask for the variables, and a note about it.
    static func block(_ arguments: [String]) {
        guard isMeant(by: arguments), !arguments.contains("--unset") else { return }
        let isFish = zip(arguments, arguments.dropFirst()).contains { $0 == "--shell" && $1 == "fish" }
        let session = ShellSession(
            exported: ProcessInfo.processInfo.environment,
            syntax: isFish || arguments.contains("--shell=fish") ? .fish : .sh)
        StandardOutput.write(session.lines(setting: .blocked) + session.syntax.failure)
        StandardError.write(
            """
            The lines for the shell make HTTPS requests fail, so that nothing reaches the real Azure by mistake. \
            To undo: eval "$(akv-emulator print-env --unset)"

            """)
    }
}
