/// The results as a table, with times in milliseconds, and requests and CPU time per mount.
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
                guard let count, result.mounts > 0 else { return NumberFormat.missing }
                return NumberFormat.text(Double(count) / Double(result.mounts))
            }
            let further = result.figures.filter { !$0.isCondition }.map { figure in
                "\(figure.name) \(NumberFormat.text(figure.value))\(figure.unit.isEmpty ? "" : " \(figure.unit)")"
            }
            table.add([
                result.name, "\(result.samples)", NumberFormat.text(result.medianMilliseconds),
                NumberFormat.text(result.percentile99Milliseconds), NumberFormat.text(result.roundTrips),
                perMount(calls?.tokens),
                perMount(calls?.vault), perMount(calls?.unauthorized), perMount(calls?.connections),
                NumberFormat.text(result.cpuMillisecondsPerMount), NumberFormat.text(result.residentMegabytes),
                (further + [result.note].compactMap { $0 }).joined(separator: ", "),
            ])
        }
        return table
    }

    /// The machine and the table, in Markdown, for the Performance page of the documentation.
    package static func markdown(of results: ResultFile) -> String {
        let machine = results.machine
        let flags =
            results.providerFlags.isEmpty ? "" : ", provider flags `\(results.providerFlags.joined(separator: " "))`"
        return "\(machine.processors) × \(machine.processor), Linux \(machine.kernel)\(flags).\n\n"
            + table(of: results).markdown
    }
}

extension Measurement.Figure {
    /// Whether the figure repeats a condition of the variant as a number. The table leaves it out.
    var isCondition: Bool { ["objects", "pods"].contains(name) && unit.isEmpty }
}
