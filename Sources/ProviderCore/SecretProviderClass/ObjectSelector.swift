package import Documents
internal import SecretMemory

/// The setting `select`, which selects objects by their entries in the vault's list, instead of `objectName`.
package struct ObjectSelector: Sendable, Hashable {
    /// A pattern with the wild cards `*` and `?` that the name has to match.
    package var glob: String?
    /// A regular expression that the whole name has to match.
    package var regex: NamePattern?
    package var prefix: String?
    /// The tags that an object must have, with their values.
    package var tags: [String: String] = [:]
    /// Whether the secrets and keys that Key Vault manages as part of a certificate are left out.
    package var excludesCertificates = false
    /// The maximum number of objects; the mount fails if more of them match.
    package var maximum = ObjectSelector.defaultMaximum
    /// Whether the selector is allowed to match no objects.
    package var allowsEmpty = false
    package var fileName = FileNameTemplate.name

    package static let defaultMaximum = 50

    package init() {}
}

extension ObjectSelector: CustomStringConvertible {
    /// The selector's conditions, for errors.
    package var description: String {
        var terms: [String] = []
        if let glob { terms.append("name \(glob.clipped)") }
        if let regex { terms.append("regex \(regex.source.clipped)") }
        if let prefix { terms.append("prefix \(prefix.clipped)") }
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
            terms.append("tag \(name.clipped)=\(value.clipped)")
        }
        return terms.isEmpty ? "type alone" : terms.joined(separator: ", ")
    }
}

/// A template for the paths of selected objects. `{{name}}` stands for the object's name and `{{stem}}` for the part of
/// the name after the selector's prefix.
package struct FileNameTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case text(String)
        case name
        case stem
    }

    var parts: [Part]

    package static let name = FileNameTemplate(parts: [.name])

    init(parts: [Part]) {
        self.parts = parts
    }

    /// Returns nil if the text is longer than a path, has unknown placeholders, or has no placeholder, so that all
    /// objects would get the same path.
    package init?(_ text: String) {
        // A longer template would make every path too long.
        guard text.utf8.count <= MountPath.maximumBytes else { return nil }
        var parts: [Part] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "{{") {
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else { return nil }
            if start.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<start.lowerBound]))) }
            switch String(rest[start.upperBound..<end.lowerBound]).trimmingSpace() {
            case "name": parts.append(.name)
            case "stem": parts.append(.stem)
            default: return nil
            }
            rest = rest[end.upperBound...]
        }
        guard !rest.contains("}}"), !parts.isEmpty else { return nil }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        guard parts.contains(.name) || parts.contains(.stem) else { return nil }
        self.parts = parts
    }

    /// Returns the path for `name`, in which the selector's prefix has `prefixLength` characters.
    package func path(name: String, prefixLength: Int) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .name: name
            case .stem: String(name.dropFirst(prefixLength))
            }
        }.joined()
    }
}
