import Benchmark
import Testing

@Suite("A drawing")
struct DrawingTests {
    @Test("escapes what it is given")
    func escaping() {
        var drawing = SVG(width: 10, height: 10)
        drawing.label("<a> & \"b\"", at: (1, 2))
        #expect(drawing.document.contains(">&lt;a&gt; &amp; &quot;b&quot;</text>"))
        #expect(drawing.document.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\""))
    }

    @Test("keeps one digit, so that the same figures are the same file")
    func digits() {
        var drawing = SVG(width: 10, height: 10)
        drawing.dot((1.0 / 3, 2), color: "#000000")
        #expect(drawing.document.contains("cx=\"0.3\" cy=\"2\""))
    }

    @Test(
        "marks an axis at round values that hold all others",
        arguments: [
            ([3.0, 97], [0.0, 20, 40, 60, 80, 100]), ([1, 10, 30, 110], [0, 20, 40, 60, 80, 100, 120]),
            ([0.4], [0, 0.1, 0.2, 0.3, 0.4]),
            ([], [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ])
    func linear(values: [Double], ticks: [Double]) {
        let axis = Axis(holding: values, scale: .linear)
        #expect(axis.ticks.count == ticks.count)
        #expect(zip(axis.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test("marks powers of ten where magnitudes differ")
    func logarithmic() {
        let axis = Axis(holding: [0.3, 20, 70], scale: .logarithmic)
        #expect(zip(axis.ticks, [0.1, 1, 10, 100]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(abs(axis.position(of: 1) - 1.0 / 3) < 1e-9)
        #expect(axis.position(of: 0) == 0)
    }

    private func storm(pods: Double, requests: Double) -> Measurement {
        var measurement = Measurement("storm", "\(pods)", [.milliseconds(1)])
        measurement.figures = [.init("pods", pods, ""), .init("requests in a round", requests, "")]
        return measurement
    }

    @Test("puts upstream's n + 4 beside the requests of a storm")
    func reference() throws {
        let results = ResultFile([storm(pods: 10, requests: 20), storm(pods: 110, requests: 120)])
        let chart = try #require(Plots.calls(results))
        #expect(chart.series[0].points.map(\.y) == [20, 120])
        #expect(chart.series[1].points.map(\.y) == [140, 1540])
        #expect(chart.svg.contains("n + 4"))
    }

    @Test("draws a line for each way to mount, from the delayed measurements alone")
    func latency() throws {
        var near = Measurement("cold", "1 object, 0 ms", [.milliseconds(5)])
        var far = Measurement("cold", "1 object, 20 ms", [.milliseconds(50)])
        near.figures = [.init("objects", 1, "")]
        far.figures = near.figures
        let chart = try #require(Plots.latency(ResultFile([near, far])))
        #expect(chart.series.map { $0.points.map(\.y) } == [[50]])
        #expect(Plots.calls(ResultFile([near, far])) == nil)
    }
}
