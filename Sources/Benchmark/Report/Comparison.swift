/// One run beside an earlier one.
package struct Comparison: Sendable {
    /// One figure of one measurement, before and now.
    package struct Line: Equatable, Sendable {
        package var measurement: String
        package var figure: String
        package var before: Double
        package var now: Double

        /// How many times what it was.
        package var ratio: Double { before == 0 ? (now == 0 ? 1 : .infinity) : now / before }
    }

    /// Worse by more than this part is a regression.
    package static let tolerance = 0.2

    /// From fewer, a moment at which the machine did something else decides the 99th percentile.
    package static let samplesForPercentile = 1000

    package private(set) var lines: [Line] = []
    /// Measured then and not now, or the other way round.
    package private(set) var unmatched: [String] = []

    package init(_ now: ResultFile, to before: ResultFile) {
        for measurement in now.measurements {
            guard let earlier = before.measurements.first(where: { $0.name == measurement.name }) else {
                unmatched.append(measurement.name)
                continue
            }
            for (figure, value, smallest) in Self.figures {
                guard let then = value(earlier), let current = value(measurement) else { continue }
                // What is too small to be told from noise is nothing.
                guard max(then, current) >= smallest else { continue }
                lines.append(Line(measurement: measurement.name, figure: figure, before: then, now: current))
            }
            for figure in measurement.figures where figure.isCost {
                guard let then = earlier.figure(figure.name) else { continue }
                lines.append(
                    Line(
                        measurement: measurement.name,
                        figure: [figure.name, figure.unit].filter { !$0.isEmpty }.joined(separator: ", "), before: then,
                        now: figure.value))
            }
        }
        let names = Set(now.measurements.map(\.name))
        unmatched += before.measurements.map(\.name).filter { !names.contains($0) }
    }

    package var regressions: [Line] { lines.filter { $0.ratio > 1 + Self.tolerance } }

    package var table: Table {
        var table = Table(columns: ["scenario", "figure", "before", "now", "ratio", ""])
        for line in lines {
            let isWorse = line.ratio > 1 + Self.tolerance
            let isBetter = line.ratio < 1 / (1 + Self.tolerance)
            table.add([
                line.measurement, line.figure, Text.number(line.before), Text.number(line.now),
                Text.number(line.ratio), isWorse ? "REGRESSION" : isBetter ? "better" : "",
            ])
        }
        return table
    }

    /// What is compared, less being better, and from which value on.
    private static let figures: [(String, @Sendable (Measurement) -> Double?, Double)] = [
        ("median ms", { $0.medianMilliseconds }, 0.05),
        ("p99 ms", { $0.samples >= samplesForPercentile ? $0.percentile99Milliseconds : nil }, 0.2),
        ("CPU ms", { $0.cpuMillisecondsPerMount }, 0.02),
        ("RSS MB", { $0.residentMegabytes }, 1),
        ("requests per mount", { $0.requestsPerMount }, 0),
    ]
}

extension Measurement {
    /// Requests of any kind at the backend.
    var requestsPerMount: Double? {
        guard let calls, mounts > 0 else { return nil }
        return Double(calls.requests) / Double(mounts)
    }
}
