extension StringProtocol {
    /// Without Unicode white space at both ends, as Go's strings.TrimSpace.
    package func trimmingSpace() -> String {
        // Nearly everything has neither space nor anything but ASCII at its ends.
        let text = Substring(self)
        if let first = text.utf8.first, let last = text.utf8.last, ASCII.visible.contains(first),
            ASCII.visible.contains(last)
        {
            return String(text)
        }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(Substring(scalars[first...last]))
    }
}

extension String {
    package func droppingTrailingSlashes() -> String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// Short enough to be repeated in an error. Counted in scalars, because one character may have any
    /// number of them.
    package var clipped: String {
        let head = unicodeScalars.prefix(200)
        return head.endIndex == unicodeScalars.endIndex ? self : String(String.UnicodeScalarView(head)) + "…"
    }
}

extension SecretBytes {
    /// Without ASCII white space at both ends.
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
    /// Without one line break at the end.
    package func droppingLineEnd() -> SecretBytes {
        withExposed { bytes in
            guard bytes.last == 0x0A else { return self }
            let rest = bytes.dropLast()
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: rest.last == 0x0D ? rest.dropLast() : rest))
        }
    }
}

extension Collection<UInt8> {
    /// Whether a dot follows a dot.
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
