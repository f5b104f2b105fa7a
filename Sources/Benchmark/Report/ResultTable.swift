/// The results as a table: times in milliseconds, requests for each mount.
package enum ResultTable {
    package static func table(of results: ResultFile) -> Table {
        var table = Table(
            columns: [
                "scenario", "samples", "median ms", "p99 ms", "round trips", "tokens", "vault", "401s", "TLS", "CPU ms",
                "RSS MB", "further",
            ])
        for result in results.measurements {
            let calls = result.calls
            func perMount(_ count: Int?) -> String {
                guard let count, result.mounts > 0 else { return Text.none }
                return Text.number(Double(count) / Double(result.mounts))
            }
            let further = result.figures.filter { !$0.isCondition }.map { figure in
                "\(figure.name) \(Text.number(figure.value))\(figure.unit.isEmpty ? "" : " \(figure.unit)")"
            }
            table.add([
                result.name, "\(result.samples)", Text.number(result.medianMilliseconds),
                Text.number(result.percentile99Milliseconds), Text.number(result.roundTrips), perMount(calls?.tokens),
                perMount(calls?.vault), perMount(calls?.unauthorized), perMount(calls?.connections),
                Text.number(result.cpuMillisecondsPerMount), Text.number(result.residentMegabytes),
                (further + [result.note].compactMap { $0 }).joined(separator: ", "),
            ])
        }
        return table
    }

    /// For the Performance page: where, then what.
    package static func markdown(of results: ResultFile) -> String {
        let machine = results.machine
        let flags =
            results.providerFlags.isEmpty ? "" : ", provider flags `\(results.providerFlags.joined(separator: " "))`"
        return "\(machine.processors) × \(machine.processor), Linux \(machine.kernel)\(flags).\n\n"
            + table(of: results).markdown
    }
}

extension Measurement.Figure {
    /// Conditions stand in the name already; plots need them as numbers.
    var isCondition: Bool { ["objects", "pods"].contains(name) && unit.isEmpty }
}
