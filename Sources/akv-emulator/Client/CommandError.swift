import AzureEmulator
import Foundation

/// The reason why a command failed. It is printed on one line.
struct CommandError: Error, CustomStringConvertible {
    var description: String
    /// Whether the command itself is wrong, such as with a file that does not exist: exit code 2, otherwise 1.
    var isMistake = false

    init(_ description: String, isMistake: Bool = false) {
        self.description = description
        self.isMistake = isMistake
    }

    /// Whether an error is a mistake in the command or in a file that it names.
    static func isMistake(_ error: any Error) -> Bool {
        (error as? CommandError)?.isMistake ?? (error is EmulatorError)
    }

    /// The error if no running emulator uses this directory.
    static func notRunning(directory: String) -> CommandError {
        CommandError("no emulator runs with the directory \(directory). To fix: start one, or name its --directory")
    }

    /// The error if the running emulator refused a request to its controls.
    static func refused(response: Data) -> CommandError {
        let message: String
        do {
            message = try JSONDecoder().decode(AdminError.self, from: response).message
        } catch {
            message = String(decoding: response, as: UTF8.self)
        }
        return CommandError("the emulator refused the request: \(message)")
    }
}
