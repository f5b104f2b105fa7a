/// An error in what a user of the emulator wrote: a seed, a fault, a schedule, a state file or a request
/// to the controls. `akv-emulator` prints its description; the controls send it as `message`.
package struct EmulatorError: Error, CustomStringConvertible {
    enum Kind: Sendable {
        /// The input is wrong. The controls respond with status 400.
        case invalid
        /// The input names something that does not exist. The controls respond with status 404.
        case notFound
    }

    var kind: Kind
    package var description: String

    /// An error in the input itself.
    init(_ description: String) {
        (self.kind, self.description) = (.invalid, description)
    }

    /// An error about something that does not exist.
    static func notFound(_ description: String) -> EmulatorError {
        var error = EmulatorError(description)
        error.kind = .notFound
        return error
    }
}
