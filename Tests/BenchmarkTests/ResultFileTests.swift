import Benchmark
import TestSupport
import Testing

@Suite("A result file")
struct ResultFileTests {
    private func measurement(
        _ name: String, milliseconds: Int = 10, cpu: Double = 1, tokens: Int = 1, peak: Double = 24.5
    ) -> Measurement {
        var measurement = Measurement(name, "10 objects", [.milliseconds(milliseconds)])
        measurement.cpuMillisecondsPerMount = cpu
        measurement.calls = CallCounts(tokens: tokens, vault: 10, unauthorized: 0, connections: 2)
        measurement.figures = [.init("peak memory", peak, "MB", isCost: true), .init("mounts", 1000 / peak, "1/s")]
        measurement.note = "a note"
        return measurement
    }

    @Test("results are unchanged after writing and reading")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let results = ResultFile([measurement("cold")], providerFlags: ["--v=2"], isQuick: true)
        try results.write(to: directory.file("results.json"))
        #expect(try ResultFile(readingFrom: directory.file("results.json")) == results)
    }

    @Test("a file is refused if it is missing, has other contents, or has another format")
    func refusal() throws {
        let directory = try TemporaryDirectory()
        #expect { try ResultFile(readingFrom: directory.file("absent")) } throws: { "\($0)".contains("cannot be read") }
        try directory.write(Array("{}".utf8), to: "other.json")
        #expect { try ResultFile(readingFrom: directory.file("other.json")) } throws: {
            "\($0)".contains("not a result file of akv-bench")
        }
        try ResultFile([]).write(to: directory.file("new.json"))
        let text = String(decoding: try directory.read("new.json"), as: UTF8.self)
        try directory.write(Array(text.replacing("\"format\" : 1", with: "\"format\" : 99").utf8), to: "new.json")
        #expect { try ResultFile(readingFrom: directory.file("new.json")) } throws: { "\($0)".contains("format 99") }
    }

    @Test("a comparison shows increases of more than 20 %")
    func regressions() {
        let before = ResultFile([measurement("cold"), measurement("warm"), measurement("gone"), measurement("soak")])
        let now = ResultFile([
            measurement("cold", milliseconds: 11, cpu: 1.3), measurement("warm", milliseconds: 5, tokens: 4),
            measurement("new"), measurement("soak", peak: 40),
        ])
        let comparison = Comparison(now, to: before)
        #expect(
            comparison.regressions.map { "\($0.measurement) \($0.figure)" } == [
                "cold: 10 objects CPU ms", "warm: 10 objects requests per mount",
                "soak: 10 objects peak memory, MB",
            ])
        #expect(comparison.unmatched == ["new: 10 objects", "gone: 10 objects"])
        #expect(comparison.table.text.contains("REGRESSION"))
        #expect(comparison.table.text.contains("better"))
    }

    @Test("a comparison shows new requests and ignores noise")
    func edges() {
        var before = measurement("republish", cpu: 0.01, tokens: 0)
        before.calls = CallCounts(tokens: 0, vault: 0, unauthorized: 0, connections: 0)
        let now = measurement("republish", cpu: 0.015, tokens: 0)
        let regressions = Comparison(ResultFile([now]), to: ResultFile([before])).regressions
        #expect(regressions.map(\.figure) == ["requests per mount"])
    }

    @Test("99th percentiles are compared only from 1000 samples on", arguments: [(999, 0), (1000, 1)])
    func percentiles(samples: Int, regressions: Int) {
        // The median is the same in both.
        let before = Measurement("cold", "", (0..<samples).map { _ in .milliseconds(10) })
        let now = Measurement("cold", "", (0..<samples).map { .milliseconds($0 < samples / 20 ? 50 : 10) })
        #expect(Comparison(ResultFile([now]), to: ResultFile([before])).regressions.count == regressions)
    }

    @Test("wrong request counts of the same name are described once")
    func checks() {
        let failures = Check.failures([
            Check("tokens", 1, is: 1), Check("vault", 3, is: 0...2), Check("vault", 4, is: 0...2), Check("x", 1, is: 2),
        ])
        #expect(failures == ["vault: 3 instead of 0 to 2, and 1 more", "x: 1 instead of 2"])
    }
}
