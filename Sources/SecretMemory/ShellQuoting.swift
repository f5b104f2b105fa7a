extension String {
    /// The text as one single-quoted word for a POSIX shell, so that a copied command never runs parts of it.
    package var shellQuoted: String { "'" + printable.replacing("'", with: "'\\''") + "'" }

    /// The text as one word for a POSIX shell, with quotes only if it needs them.
    package var shellWord: String { !isEmpty && hasOnlyASCIILettersAndDigits(or: "-._") ? self : shellQuoted }

    /// The text with control characters replaced by U+FFFD, so that a terminal does not execute an escape sequence from
    /// a manifest.
    package var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "\u{FFFD}" : $0 }))
    }
}
