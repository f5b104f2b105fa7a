package import Documents
internal import SecretMemory

/// Picks objects by what the vault's list says of them: `select` in place of `objectName`.
package struct ObjectSelector: Sendable, Hashable {
    /// A name with `*` and `?`.
    package var glob: String?
    /// A pattern that the whole name has to match.
    package var regex: NamePattern?
    package var prefix: String?
    /// Tags that an object must have, with a value each.
    package var tags: [String: String] = [:]
    /// Leaves out the secrets and keys that Key Vault keeps with a certificate.
    package var excludesCertificates = false
    /// The most objects that it may pick; more are an error.
    package var maximum = ObjectSelector.defaultMaximum
    /// Whether it may pick nothing.
    package var allowsEmpty = false
    package var fileName = FileNameTemplate.name

    package static let defaultMaximum = 50

    package init() {}
}

extension ObjectSelector: CustomStringConvertible {
    /// What it looks for, for errors.
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

/// How the path of a picked object's file is made: text in which `{{name}}` stands for the object's name and
/// `{{stem}}` for what follows the selector's prefix in it.
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

    /// Nil for a text that is longer than a path, with braces that mean nothing, or with nothing that tells the objects apart.
    package init?(_ text: String) {
        // No path is longer, and each picked object gets one.
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

    /// The path for `name`, whose first `prefixLength` characters are the selector's prefix.
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
