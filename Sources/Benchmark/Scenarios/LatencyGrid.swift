/// Samples by number of objects, each near and far, from which round trips can be told.
struct LatencyGrid: Sendable {
    struct Cell: Hashable, Sendable, CustomStringConvertible {
        var objects: Int
        /// Whether the backend's answers are delayed.
        var isFar: Bool

        var description: String {
            "\(objects) object\(objects == 1 ? "" : "s"), \(isFar ? Bench.latency : 0) ms"
        }
    }

    let cells: [Cell]
    private let scenario: String
    private var durations: [Cell: [Duration]] = [:]
    private var usages: [Cell: Usage] = [:]

    init(_ scenario: String, _ objectCounts: [Int]) {
        self.scenario = scenario
        cells = objectCounts.flatMap { [Cell(objects: $0, isFar: false), Cell(objects: $0, isFar: true)] }
    }

    mutating func add(_ duration: Duration, _ usage: Usage, to cell: Cell) {
        durations[cell, default: []].append(duration)
        usages[cell] = (usages[cell] ?? .zero) + usage
    }

    var measurements: [Measurement] {
        cells.map { cell in
            var result = measurement(cell)
            if cell.isFar {
                result.compare(
                    toWithoutLatency: measurement(Cell(objects: cell.objects, isFar: false)),
                    latency: .milliseconds(Bench.latency))
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
