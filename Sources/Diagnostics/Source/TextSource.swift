package import Documents
internal import SecretMemory

/// A text with the positions of a file: the file itself, or a scalar inside another text.
///
/// A SecretProviderClass contains YAML in YAML in YAML. A mistake in the innermost text also has a line and a column in
/// the file.
package indirect enum TextSource: Sendable {
    case file([String])
    case scalar(YAMLScalar, lines: [String], in: TextSource)

    /// A position, counted from 1, in lines and Unicode scalars.
    package struct Position: Hashable, Comparable, Sendable {
        package var line: Int
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        package static func < (a: Position, b: Position) -> Bool {
            (a.line, a.column) < (b.line, b.column)
        }
    }

    package init(file text: String) {
        self = .file(Self.lines(of: text))
    }

    /// Returns the text of `scalar`, which is inside this one.
    package func text(of scalar: YAMLScalar) -> TextSource {
        .scalar(scalar, lines: Self.lines(of: scalar.text), in: self)
    }

    package var lines: [String] {
        switch self {
        case .file(let lines), .scalar(_, let lines, _): lines
        }
    }

    /// Returns the position in the file of `line` and `column` of this text.
    package func position(line: Int, column: Int) -> Position {
        guard case .scalar(let scalar, let lines, let parent) = self else {
            return Position(line: line, column: column)
        }
        let own = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        if scalar.isLiteral {
            let (outer, indentation) = parent.indentation(of: own, at: scalar.line + line)
            return parent.position(line: outer, column: column + indentation)
        }
        guard scalar.endLine > scalar.line else {
            let quote = scalar.isPlain ? 0 : 1
            return parent.position(
                line: scalar.line, column: line == 1 ? scalar.column + quote + column - 1 : scalar.column)
        }
        // A folded or quoted scalar with several lines does not keep its lines, so the line is found by its content.
        let wanted = own.trimmingSpace()
        let range = scalar.line...min(scalar.endLine, max(scalar.line, parent.lines.count))
        let found = range.first { number in
            !wanted.isEmpty && parent.lines.indices.contains(number - 1) && parent.lines[number - 1].contains(wanted)
        }
        guard let found else { return parent.position(line: scalar.line, column: scalar.column) }
        let (_, indentation) = parent.indentation(of: own, at: found)
        return parent.position(line: found, column: column + indentation)
    }

    /// Returns the additional indentation of `text` in this text's line.
    private func indentation(of text: String, at line: Int) -> (line: Int, columns: Int) {
        guard lines.indices.contains(line - 1) else { return (line, 0) }
        let outer = Array(lines[line - 1].unicodeScalars)
        let inner = Array(text.unicodeScalars)
        return (line, outer.suffix(inner.count) == inner[...] ? outer.count - inner.count : 0)
    }

    private static func lines(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            String(Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
        }
    }
}

extension YAMLNode {
    /// The beginning of the node in its text. For a collection, it is the beginning of its first element.
    package var start: TextSource.Position {
        switch self {
        case .scalar(let scalar): TextSource.Position(line: scalar.line, column: scalar.column)
        case .sequence(let elements, let line): elements.first?.start ?? TextSource.Position(line: line, column: 1)
        case .mapping(let members, let line):
            members.first?.key.start ?? TextSource.Position(line: line, column: 1)
        }
    }

    package var mapping: [Member]? {
        if case .mapping(let members, _) = self { members } else { nil }
    }

    /// Returns the node of the key `name`.
    package func key(_ name: String) -> YAMLNode? {
        mapping?.first { $0.key.scalar?.text == name }?.key
    }
}
