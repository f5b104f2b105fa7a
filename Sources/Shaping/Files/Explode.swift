package import Documents
package import SecretMemory

/// An object's members as files, one each.
package struct Explode: Sendable, Hashable {
    /// The most files that one object may become, unless the settings say otherwise.
    package static let defaultMaximum = 100
    package static let greatestMaximum = 1000

    /// Which keys, by their names, with `*` and `?` as wild cards; all when empty.
    package var keys: [String] = []
    /// The files' paths, with `{{path}}` for the object's own path and `{{key}}` for the key.
    package var fileName = "{{path}}/{{key}}"
    package var maximum = Self.defaultMaximum
    /// How far a nested value's JSON is moved in at each level; on one line when nil.
    package var indent: Int?

    package init() {}

    /// What is wrong with `fileName`, for an object at `path`; nil if nothing. `pathProblem` judges a path by
    /// the rules of the volume.
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

    /// Nil for a text with braces that mean nothing.
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

    /// The files, in the order of the document. `path` is the object's own, and `pathProblem` says what is wrong
    /// with a file's path, nil if nothing.
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
            throw ShapingError(.tooLarge, "the object has \(members.count) members, \(maximum) are the most")
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

    /// A key is one name, not a way through directories: what the manifest says, not what a document holds,
    /// decides where files lie.
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
    /// The members whose keys fit one of `patterns`, or all when there are none. A pattern without wild
    /// cards names a member that has to be there.
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
