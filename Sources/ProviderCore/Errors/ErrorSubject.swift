internal import SecretMemory

/// The vault objects that an error is about. An error's text lists all objects that fail for the same reason together.
package struct ErrorSubject: Sendable, Hashable {
    /// The word for one of them: `secret`, `key`, `certificate`, or `object` if the type is not known.
    package var noun: String
    /// The names of the objects, limited in number of bytes and without invisible characters.
    package private(set) var names: [String]
    /// The requested version; empty for the latest one.
    package var version: String
    /// The name of the vault; empty if it is not known.
    package var vault: String

    package init(_ noun: String, names: [String], version: String = "", vault: String = "") {
        self.noun = noun
        self.names = names.map { $0.visible(maximumBytes: Self.maximumNameBytes) }
        self.version = version.visible(maximumBytes: Self.maximumNameBytes)
        self.vault = vault.visible(maximumBytes: Self.maximumNameBytes)
    }

    private static let maximumNameBytes = 255
    /// The maximum length of a list of names, in bytes.
    private static let maximumListBytes = 200

    /// The subject without the names: objects with the same kind can share one sentence.
    var kind: ErrorSubject { ErrorSubject(noun, names: [], version: version, vault: vault) }

    mutating func merge(_ other: ErrorSubject) { names += other.names.filter { !names.contains($0) } }

    /// Such as `secret a in kv`, or `3 secrets in kv (a, b, c)`.
    var text: String {
        let place = vault.isEmpty ? "" : " in \(vault)"
        let version = version.isEmpty ? "" : ", version \(version)"
        if names.count == 1 { return "\(noun) \(names[0])\(place)\(version)" }
        return "\(names.count) \(noun)s\(place) (\(Self.listed(names)))\(version)"
    }

    /// Returns as many of `names` as fit into a sentence, followed by the number of the others.
    static func listed(_ names: [String]) -> String {
        let shown = fitting(names)
        return shown.joined(separator: ", ")
            + (shown.count < names.count ? " and \(names.count - shown.count) more" : "")
    }

    /// Returns the first of `names` that fit into a sentence, but at least one.
    fileprivate static func fitting(_ names: [String]) -> ArraySlice<String> {
        var bytes = 0
        let count = names.prefix { name in
            bytes += name.utf8.count + 2
            return bytes <= maximumListBytes
        }.count
        return names.prefix(max(1, count))
    }
}

/// A shell command that fixes one object; for several objects, a loop runs it for each.
package struct ObjectCommand: Sendable, Hashable {
    private var start: String
    private var end: String

    /// Creates the command that consists of `start`, the object's name as one quoted word, and `end`.
    package init(_ start: String, then end: String = "") {
        self.start = start.visible(maximumBytes: Self.maximumBytes)
        self.end = end.visible(maximumBytes: Self.maximumBytes)
    }

    private static let maximumBytes = 512

    /// Returns the command for these objects, or for the first ones if there are many.
    func text(for names: [String]) -> String {
        if names.count == 1 { return start + names[0].shellWord + end }
        let words = ErrorSubject.fitting(names).map(\.shellWord).joined(separator: " ")
        return "for name in \(words); do \(start)\"$name\"\(end); done"
    }
}
