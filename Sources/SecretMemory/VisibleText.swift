extension Unicode.Scalar {
    /// Whether a reader cannot see the character, or it changes the appearance of the text around it: the Unicode
    /// categories control, format, line separator and paragraph separator. They include the controls of text direction
    /// and zero-width characters.
    package var isInvisible: Bool {
        // The tables are slow, and printable ASCII and the letters of European and East Asian scripts do not need them.
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
    /// The text with each invisible character as a code, such as `\u{202e}`, and line breaks as `\n`, so that a name in
    /// a log line, an error or a label cannot look like something else.
    package var visible: String { visible(keepingLines: false) }

    /// Returns the same as `visible`. With `keepingLines`, line breaks and tabs stay, for a writer that escapes them
    /// itself.
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

    /// Returns the text, or its beginning with a final `…`, in at most `limit` bytes of UTF-8.
    package func bounded(toBytes limit: Int) -> String {
        // The length of a native string is stored, so this check is fast for long texts too.
        if utf8.count <= limit { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, limit - 3))
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(Substring(utf8[..<end])) + "…"
    }

    /// Returns the same as `bounded`, but ends between two words if at least half of `limit` remains, because a
    /// shortened link is useless.
    package func boundedAtWord(toBytes limit: Int) -> String {
        let text = bounded(toBytes: limit)
        guard text != self,
            let space = text.utf8.lastIndex(of: UInt8(ascii: " ")),
            text.utf8.distance(from: text.startIndex, to: space) >= limit / 2
        else { return text }
        return "\(text[..<space])…"
    }

    /// Combines `visible` and `bounded`, without processing more of the text than is kept.
    package func visible(maximumBytes limit: Int, keepingLines: Bool = false) -> String {
        bounded(toBytes: limit).visible(keepingLines: keepingLines).bounded(toBytes: limit)
    }
}
