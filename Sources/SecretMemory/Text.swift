extension Substring {
    /// Returns the text without leading and trailing Unicode white space, like Go's strings.TrimSpace.
    package func trimmingSpace() -> String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(Substring(scalars[first...last]))
    }
}

extension String {
    /// Returns the text without leading and trailing Unicode white space, like Go's strings.TrimSpace.
    package func trimmingSpace() -> String {
        // Nearly all texts begin and end with ASCII characters that are not spaces.
        if let first = utf8.first, let last = utf8.last, ASCII.visible.contains(first), ASCII.visible.contains(last) {
            return self
        }
        return self[...].trimmingSpace()
    }

    /// Returns the text without all slashes at its end.
    package func droppingTrailingSlashes() -> String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// The beginning of the text, short enough for an error. The length is counted in Unicode scalars, because a
    /// character can consist of any number of them.
    package var clipped: String {
        let head = unicodeScalars.prefix(200)
        return head.endIndex == unicodeScalars.endIndex ? self : String(String.UnicodeScalarView(head)) + "…"
    }
}

extension SecretBytes {
    /// Returns the bytes without leading and trailing ASCII white space.
    package func trimmingSpace() -> SecretBytes {
        withExposed { bytes in
            guard let first = bytes.firstIndex(where: { !ASCII.isSpace($0) }),
                let last = bytes.lastIndex(where: { !ASCII.isSpace($0) })
            else { return SecretBytes([]) }
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[first...last]))
        }
    }
}

extension SecretBytes {
    /// Returns the bytes without one trailing line break.
    package func droppingLineEnd() -> SecretBytes {
        withExposed { bytes in
            guard bytes.last == 0x0A else { return self }
            let rest = bytes.dropLast()
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: rest.last == 0x0D ? rest.dropLast() : rest))
        }
    }
}

extension Collection<UInt8> {
    /// Whether two dots follow each other.
    @inlinable public var containsTwoDots: Bool {
        var isAfterDot = false
        for byte in self {
            let isDot = byte == UInt8(ascii: ".")
            if isDot && isAfterDot { return true }
            isAfterDot = isDot
        }
        return false
    }
}
