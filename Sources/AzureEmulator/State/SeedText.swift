internal import Yams

/// Parses a seed's YAML without losing U+FEFF characters. The library treats one at the beginning of a text as a byte
/// order mark and drops it, so each is replaced by another character and restored afterwards.
struct SeedText {
    private static let mark: Unicode.Scalar = "\u{FEFF}"

    private let text: String
    /// The replacements of U+FEFF, as a character and as escapes. The list is empty if the text does not have any.
    private let substitutes: [(original: String, substitute: String)]

    init(_ yaml: String) {
        var scalars = yaml.unicodeScalars[...]
        if scalars.first == Self.mark { scalars = scalars.dropFirst() }
        let text = String(scalars)
        let forms = [#"\uFEFF"#, #"\ufeff"#, #"\U0000FEFF"#, #"\U0000feff"#]
        guard text.unicodeScalars.contains(Self.mark) || forms.contains(where: { text.contains($0) }) else {
            (self.text, substitutes) = (text, [])
            return
        }
        // A private-use character that the text does not contain in any form.
        let lowercased = text.lowercased()
        let free = (0xE0AA...0xF8FA).first { code in
            let digits = String(code, radix: 16)
            return !lowercased.contains(digits) && !text.unicodeScalars.contains { Int($0.value) == code }
        }
        guard let free, let substitute = Unicode.Scalar(UInt32(free)) else {
            (self.text, substitutes) = (text, [])
            return
        }
        let digits = String(free, radix: 16)
        substitutes =
            [(String(Self.mark), String(substitute))]
            + forms.map { form in
                let isUpperCase = form.hasSuffix("FEFF")
                return (form, form.dropLast(4) + (isUpperCase ? digits.uppercased() : digits))
            }
        self.text = substitutes.reduce(text) { Self.replace($1.original, with: $1.substitute, in: $0) }
    }

    /// Returns the root node, or nil for a text without a document.
    func node() throws -> Node? {
        guard let node = try Yams.compose(yaml: text) else { return nil }
        return substitutes.isEmpty ? node : restored(node)
    }

    private func restored(_ node: Node) -> Node {
        switch node {
        case .scalar(var scalar):
            let string = substitutes.reduce(scalar.string) { Self.replace($1.substitute, with: $1.original, in: $0) }
            if string.unicodeScalars.elementsEqual(scalar.string.unicodeScalars) { return node }
            scalar.string = string
            return .scalar(scalar)
        case .sequence(let sequence):
            return .sequence(Node.Sequence(sequence.map(restored), sequence.tag, sequence.style, sequence.mark))
        case .mapping(let mapping):
            return .mapping(
                Node.Mapping(
                    mapping.map { (restored($0.key), restored($0.value)) }, mapping.tag, mapping.style, mapping.mark))
        case .alias: return node
        }
    }

    /// The replacement works on scalars: in Swift, a character and the mark before it can be one.
    private static func replace(_ original: String, with substitute: String, in text: String) -> String {
        let (wanted, other) = (Array(original.unicodeScalars), Array(substitute.unicodeScalars))
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index...].starts(with: wanted) {
                result.append(contentsOf: other)
                index += wanted.count
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return String(result)
    }
}
