internal import ArgumentParser
internal import Diagnostics
internal import Glibc
internal import ProviderCore

/// The options for showing a status.
struct StatusView: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json
    }

    @Option(name: .shortAndLong, help: "The output format; wide has a line for each object.")
    var output = Format.table

    @Flag(name: .shortAndLong, help: "Show it again whenever it changes, until Ctrl-C.")
    var watch = false

    @Flag(help: "Also show volumes whose pods are gone.")
    var all = false

    var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// The output of a watched status: a terminal is redrawn, and each change is appended to a file or a pipe.
struct StatusScreen {
    /// The shown content without the parts that change all the time.
    enum Content: Equatable {
        case status(NodeStatus, hidden: Int)
        case text(String)
    }

    var isTerminal: Bool
    private var last: Content?
    private var lastText = ""

    private static let clear = "\u{1B}[H\u{1B}[2J\u{1B}[3J"

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
    }

    /// Shows a text. On a terminal it is always redrawn, so that ages advance. Elsewhere it is written only if
    /// `content` has changed.
    mutating func draw(_ text: String, ifChanged content: Content) throws(StatusError) {
        guard isTerminal else { return try print(last == nil ? text : "\n" + text, ifChanged: content) }
        guard text != lastText else { return }
        (last, lastText) = (content, text)
        try Self.write(Self.clear + text)
    }

    /// Writes a text if `content` has changed.
    mutating func print(_ text: String, ifChanged content: Content) throws(StatusError) {
        guard content != last else { return }
        last = content
        try Self.write(text)
    }

    private static func write(_ text: String) throws(StatusError) {
        do throws(CommandError) { try StandardOutput.write(text) } catch {
            throw StatusError(error.description, fix: "write to a place with room")
        }
    }
}
