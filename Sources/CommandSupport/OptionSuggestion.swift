/// Adds suggestions for options that every command has. The parser suggests only options that a command declares.
enum OptionSuggestion {
    private static let common = ["--help", "--version"]

    /// Returns the parser's message about an unknown option with a suggestion, if it does not have one. Other messages
    /// stay unchanged.
    static func completing(_ message: String) -> String {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = "Error: Unknown option '"
        guard let first = lines.first, first.hasPrefix(start), first.hasSuffix("'"),
            let name = Spelling.nearest(to: String(first.dropFirst(start.count).dropLast()), among: common)
        else { return message }
        lines[0] = "\(first). Did you mean '\(name)'?"
        return lines.joined(separator: "\n")
    }
}
