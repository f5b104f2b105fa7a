internal import SecretMemory

/// The text of a script for bash, line by line. Whatever is in a comment cannot end it.
struct SetupScript {
    private(set) var text = "#!/usr/bin/env bash\n"
    private var steps = 0

    mutating func line(_ line: String) {
        text += "\(line)\n"
    }

    mutating func blank() {
        line("")
    }

    mutating func comment(_ comment: String) {
        line(comment.isEmpty ? "#" : "# \(comment.printable)")
    }

    /// Begins a step, in the script and in its output.
    mutating func title(_ title: String) {
        steps += 1
        blank()
        line("title \("\(steps). \(title)".shellQuoted)")
    }

    /// Shows lines in the output.
    mutating func show(_ lines: [String]) {
        // With blanks in front, no line can be the one that ends the text.
        line("cat <<'TEXT'")
        for text in lines { line(text.isEmpty ? "" : "  \(text.printable)") }
        line("TEXT")
    }

    /// Lines that end with a newline.
    mutating func text(_ lines: String) {
        text += lines
    }
}
