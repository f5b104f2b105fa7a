package import Documents
internal import SecretMemory

/// A text whose positions are those of a file: the file itself, or a scalar that stands in another text.
///
/// A SecretProviderClass holds YAML in YAML in YAML. What is wrong in the innermost has a line and a
/// column of the file all the same.
package indirect enum TextSource: Sendable {
    case file([String])
    case scalar(YAMLScalar, lines: [String], in: TextSource)

    /// One-based, in lines and Unicode scalars.
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

    /// The text of `scalar`, which stands in this one.
    package func text(of scalar: YAMLScalar) -> TextSource {
        .scalar(scalar, lines: Self.lines(of: scalar.text), in: self)
    }

    package var lines: [String] {
        switch self {
        case .file(let lines), .scalar(_, let lines, _): lines
        }
    }

    /// Where `line` and `column` of this text stand in the file.
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
        // Folded and quoted over several lines: the line is found again by what it says.
        let wanted = own.trimmingSpace()
        let range = scalar.line...min(scalar.endLine, max(scalar.line, parent.lines.count))
        let found = range.first { number in
            !wanted.isEmpty && parent.lines.indices.contains(number - 1) && parent.lines[number - 1].contains(wanted)
        }
        guard let found else { return parent.position(line: scalar.line, column: scalar.column) }
        let (_, indentation) = parent.indentation(of: own, at: found)
        return parent.position(line: found, column: column + indentation)
    }

    /// How much further right `text` stands in this text's line.
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
    /// Where the node begins in its text; of a collection, where its first element does.
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

    /// The key node called `name`.
    package func key(_ name: String) -> YAMLNode? {
        mapping?.first { $0.key.scalar?.text == name }?.key
    }
}
