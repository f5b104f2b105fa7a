internal import Documents
internal import SecretMemory

/// Parses command-line flags like Go's flag package, because upstream's DaemonSets use its syntax: one or two dashes,
/// `=` or a space before the value, and boolean flags with or without a value.
package struct FlagSet: Sendable {
    /// The types of flag values.
    package enum Kind: Sendable {
        case bool
        case integer
        case text
        case duration

        /// The word for a value in Go's usage texts.
        package var valueName: String {
            switch self {
            case .bool: "bool"
            case .integer: "int"
            case .text: "string"
            case .duration: "duration"
            }
        }
    }

    /// The possible values of a flag, for shell completion.
    package enum Values: Sendable {
        case any
        case file
        case directory
        case oneOf([String])
    }

    /// One flag with its default and its help text.
    package struct Flag: Sendable {
        package var name: String
        package var kind: Kind
        package var defaultValue: String
        package var help: String
        /// Whether the flag is accepted without effect, because manifests of upstream or of earlier versions use it.
        package var isIgnored = false
        package var values = Values.any
    }

    package let flags: [Flag]
    private var given: [String: String] = [:]

    package init(_ flags: [Flag]) {
        self.flags = flags
    }

    /// The names of the given flags that do not have an effect, in the order of their definition.
    package var ignored: [String] { flags.filter { $0.isIgnored && given[$0.name] != nil }.map(\.name) }

    package func isGiven(_ name: String) -> Bool { given[name] != nil }

    /// Parses `arguments`. If a flag is repeated, the last value counts. Throws if a flag is unknown or its value is
    /// invalid.
    package mutating func parse(_ arguments: [String]) throws(FlagError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-" else {
                throw FlagError(description: "unexpected argument \(argument.clippedForMessage)")
            }
            if argument == "--" {
                guard rest.isEmpty else { throw FlagError(description: "unexpected arguments after --") }
                return
            }
            let body = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
            let name = String(body.prefix { $0 != "=" })
            guard !name.isEmpty, !name.hasPrefix("-") else {
                throw FlagError(description: "bad flag syntax: \(argument)")
            }
            guard let flag = flags.first(where: { $0.name == name }) else {
                let near = SpellingSuggestion.near(name, among: flags.filter { !$0.isIgnored }.map(\.name))
                throw FlagError(
                    description: "flag provided but not defined: -\(name.clippedForMessage)"
                        + (near.map { "; did you mean -\($0)?" } ?? ""))
            }
            let value: String
            if body.count > name.count {
                value = String(body.dropFirst(name.count + 1))
            } else if flag.kind == .bool {
                value = "true"
            } else {
                guard let next = rest.popFirst() else {
                    throw FlagError(description: "flag needs an argument: -\(name)")
                }
                value = next
            }
            guard Self.isValid(value, flag.kind) else {
                throw FlagError(
                    description: "invalid value \"\(value.clippedForMessage)\" for flag -\(name): parse error"
                        + (flag.kind == .duration ? "; write a number with a unit, such as 30s, 5m or 1h" : ""))
            }
            given[name] = value
        }
    }

    package func text(_ name: String) -> String {
        given[name] ?? flags.first { $0.name == name }?.defaultValue ?? ""
    }

    package func bool(_ name: String) -> Bool { Self.bool(text(name)) ?? false }
    package func integer(_ name: String) -> Int { Int(text(name)) ?? 0 }
    package func duration(_ name: String) -> Duration { GoDuration.parse(text(name)) ?? .zero }

    /// The usage text: the flags with their defaults, one paragraph each.
    package var usage: String {
        flags.filter { !$0.isIgnored }.map { flag in
            let type = flag.kind == .bool ? "" : " \(flag.kind.valueName)"
            let suffix = flag.defaultValue.isEmpty ? "" : " (default \(flag.defaultValue))"
            return "  -\(flag.name)\(type)\n        \(flag.help)\(suffix)"
        }.joined(separator: "\n")
    }

    private static func isValid(_ value: String, _ kind: Kind) -> Bool {
        switch kind {
        case .bool: bool(value) != nil
        case .integer: Int(value) != nil
        case .text: true
        case .duration: GoDuration.parse(value) != nil
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}

extension String {
    fileprivate var clippedForMessage: String { count <= 100 ? self : "\(prefix(100))…" }
}

/// Describes what is wrong with a command line, in Go's words.
package struct FlagError: Error, CustomStringConvertible, Sendable {
    package var description: String
}
