internal import SecretMemory

/// Formats the change of a file for `git apply` and `patch -p1`.
enum UnifiedDiff {
    private static let context = 3

    static func text(path: String, before: String, after: String) -> String {
        let (old, new) = (lines(before), lines(after))
        let changes = new.difference(from: old)
        var removed = Set<Int>()
        var inserted = Set<Int>()
        for change in changes {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        guard !removed.isEmpty || !inserted.isEmpty else { return "" }
        let hunks = hunks(old, new, removed, inserted)
        let name = name(path)
        // A space would end the name unless a tab follows the name.
        let end = name.contains(" ") ? "\t" : ""
        return "--- a/\(name)\(end)\n+++ b/\(name)\(end)\n" + hunks.joined()
    }

    /// Returns the path relative to the directory in which the patch is applied.
    private static func name(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// Returns the lines with their line breaks. The last one may not have one.
    private static func lines(_ text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            if byte == 0x0A {
                lines.append(line)
                line = []
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private struct Line {
        var sign: Character
        var text: [UInt8]
        var old: Int
        var new: Int
    }

    private static func hunks(
        _ old: [[UInt8]], _ new: [[UInt8]], _ removed: Set<Int>, _ inserted: Set<Int>
    ) -> [String] {
        var lines: [Line] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if removed.contains(i) {
                lines.append(Line(sign: "-", text: old[i], old: i, new: j))
                i += 1
            } else if inserted.contains(j) {
                lines.append(Line(sign: "+", text: new[j], old: i, new: j))
                j += 1
            } else {
                lines.append(Line(sign: " ", text: old[i], old: i, new: j))
                (i, j) = (i + 1, j + 1)
            }
        }
        var hunks: [String] = []
        var index = lines.firstIndex { $0.sign != " " }
        while let start = index {
            var last = start
            while let next = lines[(last + 1)...].firstIndex(where: { $0.sign != " " }), next - last <= 2 * context {
                last = next
            }
            let range = max(0, start - context)...min(lines.count - 1, last + context)
            hunks.append(hunk(lines[range]))
            index = lines[(last + 1)...].firstIndex { $0.sign != " " }
        }
        return hunks
    }

    private static func hunk(_ lines: ArraySlice<Line>) -> String {
        let old = lines.count { $0.sign != "+" }
        let new = lines.count { $0.sign != "-" }
        let first = lines[lines.startIndex]
        let head = "@@ -\(range(first.old, old)) +\(range(first.new, new)) @@\n"
        return lines.reduce(into: head) { text, line in
            text.append(line.sign)
            text += String(decoding: line.text, as: UTF8.self)
            if line.text.last != 0x0A { text += "\n\\ No newline at end of file\n" }
        }
    }

    /// Returns a range. An empty range is given as the line before it.
    private static func range(_ start: Int, _ count: Int) -> String {
        count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
    }
}
