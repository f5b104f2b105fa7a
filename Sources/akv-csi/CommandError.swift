internal import CommandSupport

/// A failure that ends a command. It is printed on one line, and the exit code is 1.
struct CommandError: CommandFailure, CustomStringConvertible {
    var description: String
    /// Whether the command line is wrong, for example because a file does not exist. The exit code is then 2.
    var isMistake = false

    init(_ description: String, isMistake: Bool = false) {
        self.description = description
        self.isMistake = isMistake
    }
}
