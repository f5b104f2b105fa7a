internal import Documents
internal import SecretMemory

/// A change of a file's text between two of its scalars. The text around it, including comments, stays unchanged.
struct TextEdit: Sendable {
    var start: Int
    var end: Int
    var replacement: String
}

/// The text of a file in which members of mappings can be changed in the style of the file: block or flow, YAML or
/// JSON, with either kind of line break.
struct EditableText: Sendable {
    private let scalars: [Unicode.Scalar]
    /// The offset of the beginning of each line.
    private var starts = [0]
    private let newline: String

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(index + 1) }
        let feed = scalars.firstIndex(of: "\n") ?? 0
        newline = feed > 0 && scalars[feed - 1] == "\r" ? "\r\n" : "\n"
    }

    /// Returns the text with all `edits` applied. If edits overlap, only the first one is applied.
    func applying(_ edits: [TextEdit]) -> String {
        var result = String.UnicodeScalarView()
        var position = 0
        for edit in edits.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) where edit.start >= position {
            result.append(contentsOf: scalars[position..<edit.start])
            result.append(contentsOf: edit.replacement.unicodeScalars)
            position = edit.end
        }
        result.append(contentsOf: scalars[position...])
        return String(result)
    }

    // MARK: - Edits

    /// Returns an edit that replaces a value with the text `value`.
    func replacing(_ scalar: YAMLScalar, with value: String) -> TextEdit {
        let range = range(of: scalar)
        // An empty value begins directly after the colon.
        let needsSpace = range.isEmpty && range.lowerBound > 0 && scalars[range.lowerBound - 1] == ":"
        return TextEdit(
            start: range.lowerBound, end: range.upperBound,
            replacement: (needsSpace ? " " : "") + JSONWriter.quoted(value))
    }

    /// Returns an edit that renames a key to `name`.
    func renaming(_ key: YAMLScalar, to name: String) -> TextEdit {
        let range = range(of: key)
        return TextEdit(
            start: range.lowerBound, end: range.upperBound, replacement: isQuoted(key) ? JSONWriter.quoted(name) : name)
    }

    /// Returns an edit that inserts a member before the first one of `mapping`. `path` has its key and, if its value is
    /// a mapping, the key inside. Returns nil if the mapping does not have a member.
    func inserting(_ path: [String], _ value: String, into mapping: YAMLNode) -> TextEdit? {
        guard let first = mapping.mapping?.first?.key, let scalar = first.scalar else { return nil }
        let place = offset(first.start)
        let before = scalars[lineStart(place)..<place]
        let isAlone = before.allSatisfy { $0 == " " || $0 == "\t" }
        let indentation = isAlone ? text(before) : String(repeating: " ", count: before.count)
        let keys = path.map { isQuoted(scalar) ? JSONWriter.quoted($0) : $0 }
        let text: String
        if isInFlow(place) {
            let member = keys.dropLast().reversed().reduce("\(keys[keys.count - 1]): \(JSONWriter.quoted(value))") {
                "\($1): {\($0)}"
            }
            text = isAlone ? "\(member),\(newline)\(indentation)" : "\(member), "
        } else {
            let lines = keys.enumerated().map { depth, key in
                String(repeating: "  ", count: depth) + "\(key):"
                    + (depth == keys.count - 1 ? " " : newline + indentation)
            }
            text = lines.joined() + JSONWriter.quoted(value) + newline + indentation
        }
        return TextEdit(start: place, end: place, replacement: text)
    }

    /// Returns an edit that removes the member `key` from `mapping`, or nil if its line contains other text that must
    /// stay.
    func removing(_ key: YAMLNode, from mapping: YAMLNode) -> TextEdit? {
        guard let first = mapping.mapping?.first?.key,
            let value = mapping.mapping?.first(where: { $0.key.start == key.start })?.value
        else { return nil }
        let start = offset(key.start)
        let end = end(of: value, after: key)
        guard isInFlow(offset(first.start)) else {
            guard scalars[lineStart(start)..<start].allSatisfy({ $0 == " " }) else { return nil }
            return TextEdit(start: lineStart(start), end: lineEnd(end), replacement: "")
        }
        let next = scalars[end...].firstIndex { !Self.isSpace($0) } ?? scalars.count
        if next < scalars.count, scalars[next] == "," {
            let rest = scalars[(next + 1)...].firstIndex { $0 != " " && $0 != "\t" } ?? scalars.count
            let isWholeLine =
                scalars[lineStart(start)..<start].allSatisfy { $0 == " " || $0 == "\t" } && rest < scalars.count
                && Self.isSpace(scalars[rest])
            return TextEdit(
                start: isWholeLine ? lineStart(start) : start, end: isWholeLine ? lineEnd(rest) : rest, replacement: "")
        }
        let last = scalars[..<start].lastIndex { !Self.isSpace($0) } ?? 0
        return TextEdit(start: scalars[last] == "," ? last : start, end: end, replacement: "")
    }

    // MARK: - Places

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private func offset(line: Int, column: Int) -> Int {
        guard starts.indices.contains(line - 1) else { return scalars.count }
        return min(scalars.count, starts[line - 1] + column - 1)
    }

    private func offset(_ place: TextSource.Position) -> Int { offset(line: place.line, column: place.column) }

    /// Returns the range of the scalar with its quotes and its tag, without the white space at the end of a block.
    private func range(of scalar: YAMLScalar) -> Range<Int> {
        let start = offset(line: scalar.line, column: scalar.column)
        var end = max(start, offset(line: scalar.endLine, column: scalar.endColumn))
        while end > start, Self.isSpace(scalars[end - 1]) { end -= 1 }
        return start..<end
    }

    private func isQuoted(_ key: YAMLScalar) -> Bool {
        let start = offset(line: key.line, column: key.column)
        return start < scalars.count && scalars[start] == "\""
    }

    private func lineStart(_ offset: Int) -> Int {
        var start = offset
        while start > 0, scalars[start - 1] != "\n" { start -= 1 }
        return start
    }

    /// Returns the offset after the end of the line.
    private func lineEnd(_ offset: Int) -> Int {
        scalars[offset...].firstIndex(of: "\n").map { $0 + 1 } ?? scalars.count
    }

    /// Whether the mapping whose first key begins at `offset` is written with braces.
    private func isInFlow(_ offset: Int) -> Bool {
        var end = offset
        while true {
            let start = lineStart(end)
            var line = scalars[start..<end]
            if end != offset, let comment = Self.comment(in: line) { line = line[..<comment] }
            if let last = line.last(where: { !Self.isSpace($0) }) { return last == "{" }
            guard start > 0 else { return false }
            end = start - 1
        }
    }

    /// Returns the beginning of a comment. It also finds a `#` in a quoted text, but no text precedes a mapping in its
    /// line.
    private static func comment(in line: ArraySlice<Unicode.Scalar>) -> Int? {
        line.indices.first { index in
            line[index] == "#" && (index == line.startIndex || isSpace(line[index - 1]))
        }
    }

    /// Returns the offset after the value of `key`.
    private func end(of value: YAMLNode, after key: YAMLNode) -> Int {
        if let scalar = value.scalar { return range(of: scalar).upperBound }
        let keyEnd = key.scalar.map { range(of: $0).upperBound } ?? offset(key.start)
        var index = keyEnd
        while index < scalars.count, Self.isSpace(scalars[index]) || scalars[index] == ":" { index += 1 }
        guard index < scalars.count, scalars[index] == "{" || scalars[index] == "[" else { return lastScalarEnd(value) }
        var depth = 0
        var quote: Unicode.Scalar?
        while index < scalars.count {
            let scalar = scalars[index]
            if let open = quote {
                if open == "\"", scalar == "\\" { index += 1 } else if scalar == open { quote = nil }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if scalar == "{" || scalar == "[" {
                depth += 1
            } else if scalar == "}" || scalar == "]" {
                depth -= 1
                if depth == 0 { return index + 1 }
            }
            index += 1
        }
        return scalars.count
    }

    private func lastScalarEnd(_ node: YAMLNode) -> Int {
        switch node {
        case .scalar(let scalar): range(of: scalar).upperBound
        case .sequence(let elements, let line):
            elements.map(lastScalarEnd).max() ?? offset(line: line, column: 1)
        case .mapping(let members, let line):
            members.map { lastScalarEnd($0.value) }.max() ?? offset(line: line, column: 1)
        }
    }
}
