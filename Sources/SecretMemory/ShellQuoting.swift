extension String {
    /// One word for a POSIX shell, whatever it holds: a user who copies a command runs no more than it says.
    package var shellQuoted: String { "'" + printable.replacing("'", with: "'\\''") + "'" }

    /// One word for a POSIX shell, in quotes only if it needs them.
    package var shellWord: String { !isEmpty && hasOnlyASCIILettersAndDigits(or: "-._") ? self : shellQuoted }

    /// The text with every character that a terminal would take for a command, such as an escape sequence in a
    /// manifest, made visible.
    package var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "\u{FFFD}" : $0 }))
    }
}
