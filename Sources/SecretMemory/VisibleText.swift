extension Unicode.Scalar {
    /// Whether a reader cannot see the character, or it changes how the text around it looks: the Unicode categories
    /// control, format, line separator and paragraph separator. The controls of text direction and characters without
    /// width belong to them.
    package var isInvisible: Bool {
        // Printable ASCII needs no look at the tables.
        if isASCII { return ASCII.isControl(self) }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}

extension String {
    /// The text with each invisible character written as its code, such as `\u{202e}`, and a line's end as `\n`, so that
    /// a name in a log line, an error or a label cannot look like something else.
    package var visible: String { visible(keepingLines: false) }

    /// The same. With `keepingLines`, ends of lines and tabs stay, for a writer that escapes them itself.
    package func visible(keepingLines: Bool) -> String {
        if utf8.allSatisfy({ ASCII.printable.contains($0) }) || !unicodeScalars.contains(where: \.isInvisible) {
            return self
        }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n" where keepingLines, "\r" where keepingLines, "\t" where keepingLines:
                text.unicodeScalars.append(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.isInvisible: text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The text, or as much of it as fits into `limit` bytes of UTF-8 together with a final `…`.
    package func bounded(toBytes limit: Int) -> String {
        // A long text is not counted to its end: a native string knows its length.
        if utf8.count <= limit { return self }
        var bytes = 0
        let room = limit - 3
        let head = unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= room
        }
        return String(String.UnicodeScalarView(head)) + "…"
    }

    /// Both, without working through more of the text than is kept.
    package func visible(maximumBytes limit: Int, keepingLines: Bool = false) -> String {
        bounded(toBytes: limit).visible(keepingLines: keepingLines).bounded(toBytes: limit)
    }
}
