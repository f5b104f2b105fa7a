/// The parser suggests the options that a command declares, but not those that every command has.
enum OptionSuggestion {
    private static let common = ["--help", "--version"]

    /// The parser's message about an unknown option, with a suggestion if it has none; other messages unchanged.
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
