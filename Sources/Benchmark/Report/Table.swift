/// Rows of text with column titles, printed as plain text or Markdown.
package struct Table: Equatable, Sendable {
    package private(set) var columns: [String]
    package private(set) var rows: [[String]] = []

    package init(columns: [String]) {
        self.columns = columns
    }

    /// Adds a row. Missing cells are empty.
    package mutating func add(_ cells: [String]) {
        rows.append((0..<columns.count).map { $0 < cells.count ? cells[$0] : "" })
    }

    /// Plain text with aligned columns: text to the left, numbers to the right. Empty columns are left out.
    package var text: String {
        let used = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let widths = used.map { column in ([columns[column]] + rows.map { $0[column] }).map(\.count).max() ?? 0 }
        let isNumeric = used.map(isNumeric)
        func line(_ cells: [String]) -> String {
            let padded = used.indices.map { index in
                let cell = cells[used[index]]
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return isNumeric[index] ? padding + cell : cell + padding
            }
            var joined = padded.joined(separator: "  ")
            while joined.last == " " { joined.removeLast() }
            return joined
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return ([line(columns), rule] + rows.map(line)).joined(separator: "\n") + "\n"
    }

    /// A Markdown table.
    package var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let rule = columns.indices.map { isNumeric($0) ? "---:" : "---" }
        return ([line(columns), "|" + rule.joined(separator: "|") + "|"] + rows.map(line)).joined(separator: "\n")
            + "\n"
    }

    private func isNumeric(_ column: Int) -> Bool {
        let cells = rows.map { $0[column] }.filter { !$0.isEmpty }
        return !cells.isEmpty && cells.allSatisfy { $0.first?.isNumber == true || $0 == NumberFormat.missing }
    }
}
