internal import Documents
package import SecretMemory

/// A text with placeholders, such as `{{ database.password | default "none" | quote "yaml" }}`, which combines several
/// objects in one file.
///
/// A template always terminates: it does not have loops or conditions, and it can only use the contents that it is
/// given. A placeholder names a content, then members of it, and then filters, which apply from left to right. `{{ "{{"
/// }}` writes two braces.
package struct Template: Sendable {
    package static let maximumBytes = 64 << 10
    static let maximumPlaceholders = 1000
    static let maximumFilters = 16

    enum Part: Sendable {
        case text(String)
        case placeholder(TemplatePlaceholder)
    }

    /// A content that a template can refer to.
    package struct Content: Sendable {
        package var bytes: SecretBytes
        /// The format in which it is parsed if a template refers to one of its members.
        package var format: ContentDocument.Format

        package init(bytes: SecretBytes, format: ContentDocument.Format = .json) {
            self.bytes = bytes
            self.format = format
        }
    }

    /// A reference to a content and its position in the template.
    package struct Reference: Sendable {
        package var name: String
        /// The position, such as `line 2, column 7`.
        package var place: String
    }

    private let parts: [Part]

    /// Parses the template. Throws an error with the line and column of the mistake.
    package init(_ text: String) throws(ShapingError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw ShapingError(.syntax, "the template has more than \(Self.maximumBytes) bytes")
        }
        parts = try TemplateParser.parts(of: text)
    }

    /// The contents that must exist when the template is rendered, in order.
    package var references: [Reference] {
        parts.compactMap { part in
            guard case .placeholder(let placeholder) = part, case .content(let name, _) = placeholder.source else {
                return nil
            }
            return Reference(name: name, place: placeholder.place)
        }
    }

    /// Returns the text with all placeholders replaced. Throws if a value is missing or a filter fails.
    package func render(
        _ contents: [ByteKey: Content], _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        var builder = SecretBytesBuilder()
        var documents = TemplateDocuments(contents)
        for part in parts {
            let before = builder.count
            switch part {
            case .text(let text): builder.append(contentsOf: text.utf8)
            case .placeholder(let placeholder):
                do {
                    let bytes = try placeholder.value(&documents, &budget)
                    bytes.withExposed { builder.append($0) }
                } catch {
                    throw ShapingError(error.kind, "\(placeholder.place): \(error.reason)")
                }
            }
            try budget.spend(bytes: builder.count - before)
        }
        return builder.finish()
    }
}

/// The contents, each of which is parsed as a document at most once.
struct TemplateDocuments {
    private let contents: [ByteKey: Template.Content]
    private var documents: [ByteKey: JSONValue] = [:]

    init(_ contents: [ByteKey: Template.Content]) {
        self.contents = contents
    }

    func bytes(_ name: String) -> SecretBytes? { contents[ByteKey(name)]?.bytes }

    mutating func document(_ name: String) throws(ShapingError) -> JSONValue {
        let key = ByteKey(name)
        if let document = documents[key] { return document }
        guard let content = contents[key] else {
            throw ShapingError(.missing, "the object \(name.clipped) is missing")
        }
        do {
            let document = try ContentDocument.parse(content.bytes, as: content.format)
            documents[key] = document
            return document
        } catch {
            throw ShapingError(error.kind, "\(name.clipped): \(error.reason)")
        }
    }
}
