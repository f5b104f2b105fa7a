import AzureEmulator
import Foundation

/// The reason why a command cannot do what the user asked for. It is printed on one line; the exit code is 1.
struct CommandError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    /// No running emulator uses this directory.
    static func notRunning(directory: String) -> CommandError {
        CommandError("no emulator runs with the directory \(directory). To fix: start one, or name its --directory")
    }

    /// The running emulator refused a request to its controls.
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
