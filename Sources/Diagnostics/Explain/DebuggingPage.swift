internal import SecretMemory

/// The entries of the Debugging page, which is built into the program.
package enum DebuggingPage {
    private static let text = String(decoding: PackageResources.debugging_md, as: UTF8.self)

    /// The codes of errors and log lines, in the order of the page.
    package static let codes = text.split(separator: "\n").compactMap(code)

    /// Returns the page's text about `code`, without its heading, or nil if the page does not have the code.
    package static func entry(for code: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { self.code($0) == code }) else { return nil }
        let entry = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("### ") }
        return entry.joined(separator: "\n").trimmingSpace()
    }

    /// Returns the code in a heading such as "### `token-missing`".
    private static func code(_ line: Substring) -> String? {
        let start = "### `"
        guard line.hasPrefix(start), line.hasSuffix("`") else { return nil }
        return String(line.dropFirst(start.count).dropLast())
    }
}
