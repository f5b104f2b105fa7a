internal import Documents
internal import SecretMemory

/// A filter, which follows a `|` in a placeholder.
enum TemplateFilter: Sendable {
    enum Notation: String, Sendable, CaseIterable {
        case json, yaml, toml, properties, shell
    }

    case pointer(JSONPointer)
    case jmesPath(JMESPath)
    case defaultValue(String)
    case json(indent: Int?)
    case quote(Notation)
    case base64
    case base64URL
    case base64Decode
    case indent(Int)
    case upper
    case lower
    case trim
    case url

    /// An argument as written in the template.
    enum Argument: Sendable {
        case text(String)
        case number(Int)
    }

    static let names = [
        "pointer", "jmesPath", "default", "json", "quote", "base64", "base64url", "base64Decode", "indent", "upper",
        "lower", "trim", "url",
    ]

    private static let maximumIndent = 64

    /// Creates the filter with this name and argument. Throws if the name is unknown or the argument is invalid.
    init(_ name: String, _ argument: Argument?) throws(ShapingError) {
        func text(_ what: String) throws(ShapingError) -> String {
            guard case .text(let text) = argument else {
                throw ShapingError(.syntax, "\(name) needs \(what) in double quotes")
            }
            return text
        }
        func number() throws(ShapingError) -> Int {
            guard case .number(let number) = argument, (0...Self.maximumIndent).contains(number) else {
                throw ShapingError(.syntax, "\(name) needs a number between 0 and \(Self.maximumIndent)")
            }
            return number
        }
        func nothing(_ filter: TemplateFilter) throws(ShapingError) -> TemplateFilter {
            guard argument == nil else { throw ShapingError(.syntax, "\(name) takes no argument") }
            return filter
        }
        switch name {
        case "pointer": self = .pointer(try JSONPointer(try text("a JSON Pointer")))
        case "jmesPath": self = .jmesPath(try JMESPath(try text("a JMESPath expression")))
        case "default": self = .defaultValue(try text("a text"))
        case "json": self = .json(indent: argument == nil ? nil : try number())
        case "quote":
            let notations = Notation.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            guard let notation = Notation(rawValue: try text("one of \(notations)")) else {
                throw ShapingError(.syntax, "quote knows \(notations) only")
            }
            self = .quote(notation)
        case "base64": self = try nothing(.base64)
        case "base64url": self = try nothing(.base64URL)
        case "base64Decode": self = try nothing(.base64Decode)
        case "indent": self = .indent(try number())
        case "upper": self = try nothing(.upper)
        case "lower": self = try nothing(.lower)
        case "trim": self = try nothing(.trim)
        case "url": self = try nothing(.url)
        default:
            let near = SpellingSuggestion.near(name, among: Self.names).map { "; did you mean \($0)?" } ?? ""
            throw ShapingError(.syntax, "unknown filter \(name.clipped)\(near)")
        }
    }

    /// Whether the filter needs text, and not only bytes.
    var needsText: Bool {
        switch self {
        case .quote(.shell): false
        case .quote: true
        default: false
        }
    }

    /// Applies a filter that turns one text into another. Other filters return it unchanged.
    func applied(to text: SecretBytes) throws(ShapingError) -> SecretBytes {
        if case .base64Decode = self {
            guard let decoded = text.withExposed({ Base64.decode($0, alphabet: .standard) }) else {
                throw ShapingError(.malformed, "the value is not base64")
            }
            return decoded
        }
        if case .quote(.shell) = self, text.withExposed({ $0.contains(0) }) {
            throw ShapingError(.invalidValue, "the value has a zero byte, which a shell cannot hold")
        }
        var builder = SecretBytesBuilder(capacity: text.count)
        text.withExposed { append($0, to: &builder) }
        return builder.finish()
    }

    private func append(_ bytes: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        switch self {
        case .quote(.json), .quote(.yaml), .quote(.toml): JSONRenderer.appendQuoted(bytes, to: &builder)
        case .quote(.properties): Quoting.appendProperty(bytes, to: &builder)
        case .quote(.shell): Quoting.appendShell(bytes, to: &builder)
        case .url: PercentEncoding.encode(bytes, into: &builder)
        case .base64: Base64.encode(bytes, into: &builder)
        case .base64URL: Base64.encodeURL(bytes, into: &builder)
        case .indent(let count):
            for (index, byte) in bytes.enumerated() {
                builder.append(byte)
                guard byte == 0x0A, index + 1 < bytes.count else { continue }
                for _ in 0..<count { builder.append(UInt8(ascii: " ")) }
            }
        case .upper: for byte in bytes { builder.append(ASCII.uppercased(byte)) }
        case .lower: for byte in bytes { builder.append(ASCII.lowercased(byte)) }
        case .trim:
            guard let first = bytes.firstIndex(where: { !ASCII.isSpace($0) }),
                let last = bytes.lastIndex(where: { !ASCII.isSpace($0) })
            else { return }
            builder.append(UnsafeRawBufferPointer(rebasing: bytes[first...last]))
        case .pointer, .jmesPath, .defaultValue, .json, .base64Decode: builder.append(bytes)
        }
    }
}
