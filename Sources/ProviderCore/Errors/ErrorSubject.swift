internal import SecretMemory

/// The objects of a vault that an error is about. The text of an error names all objects that fail for the same reason
/// together.
package struct ErrorSubject: Sendable, Hashable {
    /// What one of them is called: `secret`, `key`, `certificate`, or `object` where the type is not known.
    package var noun: String
    /// Bounded and without invisible characters.
    package private(set) var names: [String]
    /// The version that was asked for; empty for the latest.
    package var version: String
    /// The vault's name; empty where it is not known.
    package var vault: String

    package init(_ noun: String, names: [String], version: String = "", vault: String = "") {
        self.noun = noun
        self.names = names.map { $0.visible(maximumBytes: Self.maximumNameBytes) }
        self.version = version.visible(maximumBytes: Self.maximumNameBytes)
        self.vault = vault.visible(maximumBytes: Self.maximumNameBytes)
    }

    private static let maximumNameBytes = 255
    /// The most bytes of a list of names.
    private static let maximumListBytes = 200

    /// What objects have in common that one sentence can name.
    var kind: ErrorSubject { ErrorSubject(noun, names: [], version: version, vault: vault) }

    mutating func merge(_ other: ErrorSubject) { names += other.names.filter { !names.contains($0) } }

    /// Such as `secret a in kv`, or `3 secrets in kv (a, b, c)`.
    var text: String {
        let place = vault.isEmpty ? "" : " in \(vault)"
        let version = version.isEmpty ? "" : ", version \(version)"
        if names.count == 1 { return "\(noun) \(names[0])\(place)\(version)" }
        return "\(names.count) \(noun)s\(place) (\(Self.listed(names)))\(version)"
    }

    /// As many of `names` as fit into a sentence, and how many there are more.
    static func listed(_ names: [String]) -> String {
        let shown = fitting(names)
        return shown.joined(separator: ", ")
            + (shown.count < names.count ? " and \(names.count - shown.count) more" : "")
    }

    /// The first of `names` that fit into a sentence, at least one.
    fileprivate static func fitting(_ names: [String]) -> ArraySlice<String> {
        var bytes = 0
        let count = names.prefix { name in
            bytes += name.utf8.count + 2
            return bytes <= maximumListBytes
        }.count
        return names.prefix(max(1, count))
    }
}

/// A shell command for one object, which a loop runs for several.
package struct ObjectCommand: Sendable, Hashable {
    private var start: String
    private var end: String

    /// The command is `start`, the object's name as one quoted word, and `end`.
    package init(_ start: String, then end: String = "") {
        self.start = start.visible(maximumBytes: Self.maximumBytes)
        self.end = end.visible(maximumBytes: Self.maximumBytes)
    }

    private static let maximumBytes = 512

    /// The command for these objects; for the first ones of many.
    func text(for names: [String]) -> String {
        if names.count == 1 { return start + names[0].shellWord + end }
        let words = ErrorSubject.fitting(names).map(\.shellWord).joined(separator: " ")
        return "for name in \(words); do \(start)\"$name\"\(end); done"
    }
}
