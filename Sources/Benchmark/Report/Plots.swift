internal import Foundation

/// The drawings that a run gives.
package enum Plots {
    /// Writes those for which there are measurements into `directory`, and returns their paths.
    package static func write(_ results: ResultFile, to directory: String) throws -> [String] {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return try [("latency", latency(results)), ("calls", calls(results))].compactMap { name, chart in
            guard let chart else { return nil }
            let path = "\(directory)/\(name).svg"
            try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    /// Mount latency by number of objects.
    package static func latency(_ results: ResultFile) -> Chart? {
        let lines = [
            ("cold", "first mount of a process"), ("warm", "token known, new values"), ("republish", "republish"),
        ]
        let series = lines.compactMap { scenario, name -> Chart.Series? in
            let points = results.measurements.filter { $0.scenario == scenario && $0.variant.hasSuffix(farSuffix) }
                .compactMap { result -> (x: Double, y: Double)? in
                    guard let objects = result.figure("objects"), let median = result.medianMilliseconds else {
                        return nil
                    }
                    return (objects, median)
                }
            return points.isEmpty ? nil : Chart.Series(name: name, points: points)
        }
        guard !series.isEmpty else { return nil }
        return Chart(
            title: "Mount latency, backend at \(Bench.latency) ms", xLabel: "objects in the mount",
            yLabel: "median, milliseconds", yScale: .logarithmic, series: series)
    }

    /// Requests at the backend by number of pods that arrive at once.
    package static func calls(_ results: ResultFile) -> Chart? {
        let points = results.measurements.filter { $0.scenario == "storm" }
            .compactMap { result -> (x: Double, y: Double)? in
                guard let pods = result.figure("pods"), let requests = result.figure("requests in a round") else {
                    return nil
                }
                return (pods, requests)
            }
        guard !points.isEmpty else { return nil }
        let upstream = points.map { (x: $0.x, y: $0.x * Double(upstreamRequests(objects: Storm.objects))) }
        return Chart(
            title: "Requests to Entra and Key Vault: pods of one identity, \(Storm.objects) objects each",
            xLabel: "pods at once", yLabel: "requests",
            series: [
                Chart.Series(name: "akv-csi", points: points),
                Chart.Series(
                    name: "Azure's provider v1.8.2: n + 4 for each mount of n objects", points: upstream,
                    isReference: true),
            ])
    }

    /// A 401 challenge, two discoveries, a token, and a request for each object.
    static func upstreamRequests(objects: Int) -> Int { objects + 4 }

    private static var farSuffix: String { " \(Bench.latency) ms" }
}
