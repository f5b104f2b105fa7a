internal import SecretMemory

/// Builds the text of a bash script line by line. The text of a comment cannot end the comment.
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

    /// Adds commands that print lines.
    mutating func show(_ lines: [String]) {
        // The lines are indented, so that none of them can end the text.
        line("cat <<'TEXT'")
        for text in lines { line(text.isEmpty ? "" : "  \(text.printable)") }
        line("TEXT")
    }

    /// Adds lines that end with a newline.
    mutating func text(_ lines: String) {
        text += lines
    }
}
