import Benchmark
import Testing

@Suite("A table")
struct TableTests {
    private var table: Table {
        var table = Table(columns: ["what", "ms", "unused", "note"])
        table.add(["cold", "12.5", "", "a | b"])
        table.add(["republish", "–", "", ""])
        return table
    }

    @Test("plain text aligns text to the left and numbers to the right, and omits empty columns")
    func text() {
        #expect(
            table.text == """
                what         ms  note
                ---------  ----  -----
                cold       12.5  a | b
                republish     –

                """)
    }

    @Test("Markdown escapes vertical bars")
    func markdown() {
        #expect(
            table.markdown == """
                | what | ms | unused | note |
                |---|---:|---|---|
                | cold | 12.5 |  | a \\| b |
                | republish | – |  |  |

                """)
    }

    @Test("a table of results shows requests per mount")
    func results() {
        var measurement = Measurement("new-pod", "10 objects", [.milliseconds(1), .milliseconds(3)])
        measurement.calls = CallCounts(tokens: 2, vault: 5, unauthorized: 0, connections: 1)
        let row = ResultTable.table(of: ResultFile([measurement])).rows[0]
        #expect(row.prefix(9) == ["new-pod: 10 objects", "2", "2", "–", "–", "1", "2.50", "0", "0.500"])
    }
}
