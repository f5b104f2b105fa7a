internal import SecretMemory

/// A table in the style of `kubectl get`, whose cells may have colours.
struct StatusTable {
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var colour: TextStyle.Colour?

        init(_ text: String, _ colour: TextStyle.Colour? = nil) {
            self.text = text.isEmpty ? "-" : text.printable
            self.colour = colour
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    var header: [String]
    var rows: [[Cell]] = []

    func text(_ style: TextStyle, indentation: Int = 0) -> String {
        let widths = header.indices.map { column in
            ([header[column]] + rows.map { $0[column].text }).map(\.count).max() ?? 0
        }
        let lines = [header.map { Cell($0, .bold) }] + rows
        return lines.map { line in
            String(repeating: " ", count: indentation)
                + line.indices.map { column in
                    let cell = line[column]
                    let padding = column == line.count - 1 ? 0 : widths[column] - cell.text.count + 2
                    return (cell.colour.map { style(cell.text, $0) } ?? cell.text)
                        + String(repeating: " ", count: padding)
                }.joined() + "\n"
        }.joined()
    }
}
