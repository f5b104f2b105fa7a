package import ArgumentParser
internal import Glibc

/// An error that may be a mistake in the command line, such as a file that does not exist.
package protocol CommandFailure: Error {
    var isMistake: Bool { get }
}

/// A mistake in the command line that the parser cannot detect.
package struct CommandMistake: CommandFailure, CustomStringConvertible {
    package var description: String
    package var isMistake: Bool { true }

    package init(_ description: String) {
        self.description = description
    }
}

/// Runs the command of a program in the way that all programs of this package share: with suggestions for unknown
/// names, and with one exit code for mistakes.
package enum Program {
    /// The exit code for a mistake in the command line. Exit code 1 means that the command failed or found a problem.
    package static let mistakeExitCode: Int32 = 2

    /// Runs the command in `arguments` and ends the process. `isMistake` returns whether an error is a mistake in the
    /// command line. `onFailure` runs after the message and before the process ends with a failure.
    package static func run(
        _ root: any ParsableCommand.Type, _ arguments: [String],
        isMistake: (any Error) -> Bool = { ($0 as? any CommandFailure)?.isMistake == true },
        onFailure: () -> Void = {}
    ) async -> Never {
        let code: Int32
        do {
            // For `help` with an unknown name, the parser would show the help of all commands.
            if arguments.first == "help", let unknown = UnknownCommand(Array(arguments.dropFirst()), of: root) {
                throw unknown
            }
            try await run(parsing: arguments, as: root)
            Glibc.exit(0)
        } catch {
            code = report(error, of: root, arguments, isMistake: isMistake(error))
        }
        if code != 0 { onFailure() }
        Glibc.exit(code)
    }

    private static func run<Root: ParsableCommand>(parsing arguments: [String], as root: Root.Type) async throws {
        var command = try root.parseAsRoot(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Writes the message about `error`, if it has one, and returns the exit code.
    private static func report<Root: ParsableCommand>(
        _ error: any Error, of root: Root.Type, _ arguments: [String], isMistake: Bool
    ) -> Int32 {
        let code = root.exitCode(for: error)
        if code == .success { root.exit(withError: error) }
        let isWrong = isMistake || code == .validationFailure || error is UnknownCommand
        var message = OptionSuggestion.completing(root.fullMessage(for: error))
        if let unknown = error as? UnknownCommand {
            message = unknown.message
        } else if code == .validationFailure, !(error is ValidationError),
            let unknown = UnknownCommand(arguments, of: root)
        {
            // This does not apply to a mistake that the command itself reported, because the parser knew the command
            // then.
            message = unknown.message
        }
        if !message.isEmpty { write("\(message)\n") }
        return isWrong ? mistakeExitCode : code.rawValue
    }

    private static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { break }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
