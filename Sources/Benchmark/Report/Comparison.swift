/// Compares the results of a run with those of an earlier run.
package struct Comparison: Sendable {
    /// One figure of a measurement, in both runs.
    package struct Line: Equatable, Sendable {
        package var measurement: String
        package var figure: String
        package var before: Double
        package var now: Double

        /// The new value divided by the old value.
        package var ratio: Double { before == 0 ? (now == 0 ? 1 : .infinity) : now / before }
    }

    /// An increase by more than this fraction is a regression.
    package static let tolerance = 0.2

    /// The smallest number of samples whose 99th percentile is compared. With fewer samples it depends on other work of
    /// the machine.
    package static let samplesForPercentile = 1000

    package private(set) var lines: [Line] = []
    /// The measurements that only one of the runs has.
    package private(set) var unmatched: [String] = []

    package init(_ now: ResultFile, to before: ResultFile) {
        for measurement in now.measurements {
            guard let earlier = before.measurements.first(where: { $0.name == measurement.name }) else {
                unmatched.append(measurement.name)
                continue
            }
            for (figure, value, smallest) in Self.figures {
                guard let then = value(earlier), let current = value(measurement) else { continue }
                // Ignore values that are too small to differ from noise.
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
                line.measurement, line.figure, NumberFormat.text(line.before), NumberFormat.text(line.now),
                NumberFormat.text(line.ratio), isWorse ? "REGRESSION" : isBetter ? "better" : "",
            ])
        }
        return table
    }

    /// The compared figures, for which lower is better: name, value, and the smallest value that is not ignored.
    private static let figures: [(String, @Sendable (Measurement) -> Double?, Double)] = [
        ("median ms", { $0.medianMilliseconds }, 0.05),
        ("p99 ms", { $0.samples >= samplesForPercentile ? $0.percentile99Milliseconds : nil }, 0.2),
        ("CPU ms", { $0.cpuMillisecondsPerMount }, 0.02),
        ("RSS MB", { $0.residentMegabytes }, 1),
        ("requests per mount", { $0.requestsPerMount }, 0),
    ]
}

extension Measurement {
    /// Requests of any kind to Entra and Key Vault.
    var requestsPerMount: Double? {
        guard let calls, mounts > 0 else { return nil }
        return Double(calls.requests) / Double(mounts)
    }
}
