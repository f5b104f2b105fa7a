package import Documents
internal import SecretMemory

extension Migration {
    /// Whether the manifests need a migration.
    package var isNeeded: Bool { !changedFiles.isEmpty || !undecided.isEmpty || !leftovers.isEmpty }

    /// Returns the report as plain text: the changes line by line, the configuration that Azure needs, and the open
    /// decisions.
    package func text(_ style: TextStyle) -> String {
        guard isNeeded else { return style("Nothing here needs to be migrated.", .green) + "\n" }
        var lines: [String] = []
        func section(_ title: String, _ content: [String]) {
            guard !content.isEmpty else { return }
            if !lines.isEmpty { lines.append("") }
            lines.append(style(title, .bold))
            lines += content.map { "  \($0)" }
        }
        for file in changedFiles {
            section(
                file.path.printable,
                Self.difference(file).map { change in
                    style(change.printable, change.hasPrefix("-") ? .red : .green)
                })
        }
        section("New manifests", newManifests.flatMap { ["---"] + $0.split(separator: "\n").map(String.init) })
        section("For Azure", commands)
        section("Once the changed manifests are in use", leftovers)
        section(
            "Left to decide",
            undecided.map { note in
                (note.path.isEmpty ? "" : "\(note.path):\(note.line): ").printable + note.text.printable
            })
        return lines.joined(separator: "\n") + "\n"
    }

    /// All changes and the new manifests as one unified diff for `git apply` and `patch -p1`.
    package var patch: String {
        changedFiles.map { UnifiedDiff.text(path: $0.path, before: $0.before, after: $0.complete) }.joined()
    }

    /// Returns the removed and added lines.
    private static func difference(_ file: ChangedFile) -> [String] {
        let before = TextSource(file: file.before).lines
        let after = TextSource(file: file.after).lines
        return after.difference(from: before).inferringMoves().sorted { a, b in
            (a.place, a.isInsertion ? 1 : 0) < (b.place, b.isInsertion ? 1 : 0)
        }.map { change in
            switch change {
            case .remove(let offset, let line, _): "- \(offset + 1): \(line)"
            case .insert(let offset, let line, _): "+ \(offset + 1): \(line)"
            }
        }
    }

    /// Returns the output that replaces the report if the files could not be read, or if not all of them were changed.
    package static func json(failure: String) -> JSONOutput { .object([("error", .text(failure))]) }

    package var json: JSONOutput {
        func notes(_ list: [Note]) -> JSONOutput {
            .array(
                list.map { .object([("file", .text($0.path)), ("line", .number($0.line)), ("text", .text($0.text))]) })
        }
        return .object([
            (
                "files",
                .array(changedFiles.map { .object([("file", .text($0.path)), ("text", .text($0.after))]) })
            ),
            ("newManifests", .texts(newManifests)),
            ("done", notes(done)), ("undecided", notes(undecided)),
            ("commands", .texts(commands)), ("terraform", .text(terraform)),
            ("leftovers", .texts(leftovers)),
        ])
    }
}

extension CollectionDifference.Change {
    fileprivate var place: Int {
        switch self {
        case .remove(let offset, _, _), .insert(let offset, _, _): offset
        }
    }

    fileprivate var isInsertion: Bool {
        if case .insert = self { true } else { false }
    }
}
