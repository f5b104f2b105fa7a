package import Documents
package import SecretMemory

/// Writes each member of an object to its own file.
package struct Explode: Sendable, Hashable {
    /// The maximum number of files of one object, unless the settings change it.
    package static let defaultMaximum = 100
    package static let greatestMaximum = 1000

    /// The keys to include, by name, with the wild cards `*` and `?`; all keys if it is empty.
    package var keys: [String] = []
    /// The path of each file. `{{path}}` stands for the object's own path and `{{key}}` for the key.
    package var fileName = "{{path}}/{{key}}"
    package var maximum = Self.defaultMaximum
    /// The number of spaces by which each level of a nested JSON value is indented; nil for one line.
    package var indent: Int?

    package init() {}

    /// Returns what is wrong with `fileName` for an object at `path`, or nil if it is valid. `pathProblem` checks a
    /// path by the rules of the volume.
    package func problem(path: String, pathProblem: (String) -> String?) -> String? {
        guard let parts = Self.parts(of: fileName), parts.contains(.key) else {
            return "must contain {{key}}, and may contain {{path}}, and no other braces"
        }
        return pathProblem(Self.path(parts, of: "key", in: path)).map { "makes no path: \($0)" }
    }

    private enum Part: Equatable {
        case text(String)
        case path
        case key
    }

    /// Returns nil if the text contains unknown placeholders.
    private static func parts(of fileName: String) -> [Part]? {
        var parts: [Part] = []
        var rest = fileName[...]
        while let start = rest.firstRange(of: "{{") {
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else { return nil }
            parts.append(.text(String(rest[..<start.lowerBound])))
            switch String(rest[start.upperBound..<end.lowerBound]).trimmingSpace() {
            case "path": parts.append(.path)
            case "key": parts.append(.key)
            default: return nil
            }
            rest = rest[end.upperBound...]
        }
        parts.append(.text(String(rest)))
        let hasOthers = parts.contains { part in
            if case .text(let text) = part { text.contains("{") || text.contains("}") } else { false }
        }
        return hasOthers ? nil : parts
    }

    private static func path(_ parts: [Part], of key: String, in path: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .path: path
            case .key: key
            }
        }.joined()
    }

    /// Returns the files in the order of the document. `path` is the object's own path. `pathProblem` returns what is
    /// wrong with a file's path, or nil if it is valid. Throws if the document is not an object, or if a file cannot be
    /// created.
    package func files(
        of document: JSONValue, path: String, pathProblem: (String) -> String?, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> [(path: String, contents: SecretBytes)] {
        guard case .object(let object) = document else {
            throw ShapingError(.invalidType, "only an object can be taken apart, and here is \(document.phrase)")
        }
        let members = try object.members(named: keys, &budget)
        guard !members.isEmpty else {
            throw ShapingError(
                .missing, keys.isEmpty ? "the object has no members" : "no key of the object fits the keys asked for")
        }
        guard members.count <= maximum else {
            throw ShapingError(.tooLarge, "the object has \(members.count) members; the limit is \(maximum)")
        }
        let parts = Self.parts(of: fileName) ?? [.key]
        var files: [(path: String, contents: SecretBytes)] = []
        for member in members {
            if let problem = Self.problem(withKey: member.key) {
                throw ShapingError(.invalidValue, "the key \"\(member.key.clipped)\" \(problem)")
            }
            let path = Self.path(parts, of: member.key, in: path)
            if let problem = pathProblem(path) {
                throw ShapingError(.invalidValue, "the key \"\(member.key.clipped)\" makes no file: \(problem)")
            }
            files.append((path, try ContentDocument.file(of: member.value, indent: indent, &budget)))
        }
        return files
    }

    /// Returns what is wrong with a key as a file name, or nil. A key must be a single name: the manifest decides where
    /// files are, and not the content of a document.
    private static func problem(withKey key: String) -> String? {
        if key.isEmpty { return "is empty, so it is not a file name" }
        if key.utf8.contains(UInt8(ascii: "/")) { return "has a '/', so it is not a file name" }
        if key == "." || key == ".." { return "is not a file name" }
        if key.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
            return "has control characters, so it is not a file name"
        }
        return nil
    }
}

extension JSONObject {
    /// Returns the members whose keys match one of `patterns`, or all members if there are no patterns. A pattern
    /// without wild cards names a member that must exist.
    func members(
        named patterns: [String], _ budget: inout ShapingBudget
    ) throws(ShapingError) -> [(key: String, value: JSONValue)] {
        guard !patterns.isEmpty else { return members }
        for name in patterns where !name.contains("*") && !name.contains("?") && value(under: name) == nil {
            throw ShapingError(.missing, "the object has no key \"\(name.clipped)\"")
        }
        try budget.spend(steps: members.count * patterns.count)
        let compiled = patterns.map { Glob($0, ignoresCase: false) }
        return members.filter { member in compiled.contains { $0.matches(member.key) } }
    }
}
