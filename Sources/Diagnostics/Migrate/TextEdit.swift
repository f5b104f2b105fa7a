internal import Documents

/// A change of a file's text between two of its positions. The text around it stays as it is, comments
/// and all.
struct TextEdit: Sendable {
    var start: TextSource.Position
    var end: TextSource.Position
    var replacement: String

    /// Puts `text` in place of a scalar.
    static func replacing(_ scalar: YAMLScalar, with text: String) -> TextEdit {
        TextEdit(
            start: TextSource.Position(line: scalar.line, column: scalar.column),
            end: TextSource.Position(line: scalar.endLine, column: scalar.endColumn), replacement: text)
    }

    /// Puts a member, or several, before the first one of `mapping`. Nil when there is none to stand before.
    static func inserting(
        block: (_ indentation: String) -> String, flow: String, into mapping: YAMLNode, of file: [String]
    ) -> TextEdit? {
        guard let first = mapping.mapping?.first?.key.start else { return nil }
        let indentation = String(repeating: " ", count: first.column - 1)
        let text = isBlock(first, file) ? "\(block(indentation))\n\(indentation)" : "\(flow), "
        return TextEdit(start: first, end: first, replacement: text)
    }

    /// Takes a member's lines away. Nil when it shares a line with others.
    static func removing(_ key: YAMLNode, _ value: YAMLNode, of file: [String]) -> TextEdit? {
        let start = key.start
        guard file.indices.contains(start.line - 1),
            file[start.line - 1].unicodeScalars.prefix(start.column - 1).allSatisfy({ $0 == " " })
        else { return nil }
        let end = max(start.line, lastLine(of: value))
        return TextEdit(
            start: TextSource.Position(line: start.line, column: 1),
            end: TextSource.Position(line: end + 1, column: 1), replacement: "")
    }

    private static func isBlock(_ place: TextSource.Position, _ file: [String]) -> Bool {
        guard file.indices.contains(place.line - 1) else { return false }
        return file[place.line - 1].unicodeScalars.prefix(place.column - 1).allSatisfy { $0 == " " || $0 == "-" }
    }

    private static func lastLine(of node: YAMLNode) -> Int {
        switch node {
        case .scalar(let scalar):
            // A block scalar ends before the first column of the line behind it.
            scalar.endColumn <= 1 && scalar.endLine > scalar.line ? scalar.endLine - 1 : scalar.endLine
        case .sequence(let elements, let line): elements.map(lastLine).max() ?? line
        case .mapping(let members, let line): members.map { lastLine(of: $0.value) }.max() ?? line
        }
    }

    /// `text` with all `edits`, none of which overlap.
    static func apply(_ edits: [TextEdit], to text: String) -> String {
        // Positions count scalars, and a line ends with its newline.
        let scalars = Array(text.unicodeScalars)
        var starts = [0]
        for (index, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(index + 1) }
        func offset(_ place: TextSource.Position) -> Int {
            guard starts.indices.contains(place.line - 1) else { return scalars.count }
            return min(scalars.count, starts[place.line - 1] + place.column - 1)
        }
        var result = String.UnicodeScalarView()
        var position = 0
        for edit in edits.sorted(by: { $0.start < $1.start }) {
            let start = offset(edit.start)
            guard start >= position else { continue }
            result.append(contentsOf: scalars[position..<start])
            result.append(contentsOf: edit.replacement.unicodeScalars)
            position = max(start, offset(edit.end))
        }
        result.append(contentsOf: scalars[position...])
        return String(result)
    }
}
