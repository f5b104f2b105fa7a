import ArgumentParser
import Foundation

/// The way in which a shell sets environment variables.
enum ShellSyntax: String, ExpressibleByArgument, CaseIterable {
    /// Any POSIX shell: sh, bash, zsh, dash.
    case sh
    case bash
    case zsh
    case fish

    func set(_ name: String, _ value: String) -> String {
        self == .fish ? "set -gx \(name) \(quoted(value))\n" : "export \(name)=\(quoted(value))\n"
    }

    func unset(_ name: String) -> String { self == .fish ? "set -e \(name)\n" : "unset \(name)\n" }

    /// A command that fails, so that `set -e` ends a script and `&&` does not continue.
    var failure: String { "false\n" }

    /// A word that the shell reads as `text`.
    private func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_@%+:,./-".unicodeScalars.contains($0))
        }
        if isPlain, !text.isEmpty { return text }
        return self == .fish
            ? "'\(text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'"))'"
            : "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'"
    }
}
