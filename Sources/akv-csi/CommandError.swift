internal import CommandSupport

/// A failure that ends a command: printed on one line, exit code 1.
struct CommandError: CommandFailure, CustomStringConvertible {
    var description: String
    /// The command itself is wrong, as with a file that does not exist: exit code 2.
    var isMistake = false

    init(_ description: String, isMistake: Bool = false) {
        self.description = description
        self.isMistake = isMistake
    }
}
