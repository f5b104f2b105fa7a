extension Unicode.Scalar {
    /// Whether a reader cannot see the character, or it changes how the text around it looks: the Unicode categories
    /// control, format, line separator and paragraph separator. The controls of text direction and characters without
    /// width belong to them.
    package var isInvisible: Bool {
        // Printable ASCII, the letters of Europe, and those of East Asia need no look at the tables, which is slow.
        switch value {
        case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300, 0x2E80..<0xD800: return false
        default: break
        }
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
        var copy = self
        let isPlain = copy.withUTF8 { bytes in bytes.allSatisfy { (0x20..<0x7F).contains($0) } }
        if isPlain || !unicodeScalars.contains(where: \.isInvisible) { return self }
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
        // A native string knows its length, so that a long one is not gone through to its end.
        if utf8.count <= limit { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, limit - 3))
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(Substring(utf8[..<end])) + "…"
    }

    /// The same, but cut between two words if that leaves half of `limit`: half a link leads nowhere.
    package func boundedAtWord(toBytes limit: Int) -> String {
        let text = bounded(toBytes: limit)
        guard text != self,
            let space = text.utf8.lastIndex(of: UInt8(ascii: " ")),
            text.utf8.distance(from: text.startIndex, to: space) >= limit / 2
        else { return text }
        return "\(text[..<space])…"
    }

    /// Both, without working through more of the text than is kept.
    package func visible(maximumBytes limit: Int, keepingLines: Bool = false) -> String {
        bounded(toBytes: limit).visible(keepingLines: keepingLines).bounded(toBytes: limit)
    }
}
