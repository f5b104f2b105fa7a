internal import ArgumentParser

/// A word in the position of a subcommand that is not the name of one.
struct UnknownCommand: Error {
    let message: String

    /// Returns nil if all names in `arguments` before the first option are known.
    init?(_ arguments: [String], of root: any ParsableCommand.Type) {
        var command = root
        var path = root._commandName
        for word in arguments {
            let commands = command.configuration.subcommands
            guard !word.hasPrefix("-"), !commands.isEmpty else { return nil }
            guard let next = commands.first(where: { Self.names(of: $0).contains(word) }) else {
                if word == "help", command == root { return nil }
                let shown = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
                message = Self.message(for: word, in: path, among: shown)
                return
            }
            command = next
            path += " \(next._commandName)"
        }
        return nil
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }

    private static func message(for word: String, in path: String, among names: [String]) -> String {
        let word = word.visible
        if let name = Spelling.nearest(to: word, among: names) {
            return
                "Error: unknown command '\(word)': did you mean '\(name)'?\nRun '\(path) --help' to list the commands."
        }
        return "Error: unknown command '\(word)'. Commands: \(names.joined(separator: ", ")).\n"
            + "Run '\(path) --help' for what they do."
    }
}

extension String {
    /// The first 60 characters of the text, with control characters replaced by `?`.
    fileprivate var visible: String {
        let scalars = unicodeScalars.prefix(60).map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars)) + (unicodeScalars.count > 60 ? "…" : "")
    }
}
