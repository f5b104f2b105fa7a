internal import Documents
package import SecretMemory

/// A text with placeholders, such as `{{ database.password | default "none" | quote "yaml" }}`, which joins
/// several objects into one file.
///
/// Total and bounded: a template has no loops, no conditions and no way to anything but the contents that
/// it is given. A placeholder names a content, then members of it, then filters, from left to right.
/// `{{ "{{" }}` writes two braces.
package struct Template: Sendable {
    package static let maximumBytes = 64 << 10
    static let maximumPlaceholders = 1000
    static let maximumFilters = 16

    enum Part: Sendable {
        case text(String)
        case placeholder(TemplatePlaceholder)
    }

    /// A content that a template may name.
    package struct Content: Sendable {
        package var bytes: SecretBytes
        /// How it is read when a member of it is wanted.
        package var format: ContentDocument.Format

        package init(bytes: SecretBytes, format: ContentDocument.Format = .json) {
            self.bytes = bytes
            self.format = format
        }
    }

    /// Where a template names a content.
    package struct Reference: Sendable {
        package var name: String
        /// `line 2, column 7`.
        package var place: String
    }

    private let parts: [Part]

    /// Reads the template; the error says in which line and column it makes no sense.
    package init(_ text: String) throws(ShapingError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw ShapingError(.syntax, "the template has more than \(Self.maximumBytes) bytes")
        }
        parts = try TemplateParser.parts(of: text)
    }

    /// What has to be there when the template is filled in, in order.
    package var references: [Reference] {
        parts.compactMap { part in
            guard case .placeholder(let placeholder) = part, case .content(let name, _) = placeholder.source else {
                return nil
            }
            return Reference(name: name, place: placeholder.place)
        }
    }

    /// The text with everything filled in.
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

/// The contents, each read as a document at most once.
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
            throw ShapingError(.missing, "there is no object \(name.clipped)")
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
