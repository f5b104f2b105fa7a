/// Samples by number of objects, each with and without latency, from which round trips are calculated.
struct LatencyGrid: Sendable {
    struct Cell: Hashable, Sendable, CustomStringConvertible {
        var objects: Int
        /// Whether the emulator delays its responses.
        var hasLatency: Bool

        var description: String {
            "\(objects) object\(objects == 1 ? "" : "s"), \(hasLatency ? ScenarioContext.latencyMilliseconds : 0) ms"
        }
    }

    let cells: [Cell]
    private let scenario: String
    private var durations: [Cell: [Duration]] = [:]
    private var usages: [Cell: Usage] = [:]

    init(_ scenario: String, _ objectCounts: [Int]) {
        self.scenario = scenario
        cells = objectCounts.flatMap { [Cell(objects: $0, hasLatency: false), Cell(objects: $0, hasLatency: true)] }
    }

    mutating func add(_ duration: Duration, _ usage: Usage, to cell: Cell) {
        durations[cell, default: []].append(duration)
        usages[cell] = (usages[cell] ?? .zero) + usage
    }

    var measurements: [Measurement] {
        cells.map { cell in
            var result = measurement(cell)
            if cell.hasLatency {
                result.compare(
                    toWithoutLatency: measurement(Cell(objects: cell.objects, hasLatency: false)),
                    latency: .milliseconds(ScenarioContext.latencyMilliseconds))
            }
            return result
        }
    }

    private func measurement(_ cell: Cell) -> Measurement {
        var result = Measurement(scenario, "\(cell)", durations[cell] ?? [])
        result.add(usages[cell] ?? .zero)
        result.figures = [.init("objects", Double(cell.objects), "")]
        return result
    }
}
