import Benchmark
import Testing

@Suite("Statistics of durations")
struct StatisticsTests {
    private func statistics(_ milliseconds: [Int]) -> Statistics {
        Statistics(milliseconds.map { .milliseconds($0) })
    }

    @Test(
        "the median is the middle sample or the mean of the two middle samples",
        arguments: [([5], 5), ([9, 1, 5], 5), ([4, 1, 3, 2], 2.5), ([1, 1, 100], 1)] as [([Int], Double)])
    func median(milliseconds: [Int], expected: Double) throws {
        let median = try #require(statistics(milliseconds).median)
        #expect(abs(median - expected) < 1e-9)
    }

    @Test(
        "the 99th percentile is calculated by nearest rank",
        arguments: [(200, 198.0), (201, 199), (1000, 990), (1001, 991)])
    func percentile(count: Int, expected: Double) throws {
        let percentile = try #require(statistics(Array((1...count).reversed())).percentile99)
        #expect(abs(percentile - expected) < 1e-9)
    }

    @Test("fewer than 200 samples have no 99th percentile, and an empty list has no median")
    func few() {
        #expect(statistics(Array(1...199)).percentile99 == nil)
        #expect(statistics([]).median == nil)
    }

    @Test("round trips are derived from the added latency")
    func roundTrips() throws {
        var far = Measurement("cold", "far", [.milliseconds(72)])
        far.compare(toWithoutLatency: Measurement("cold", "near", [.milliseconds(12)]), latency: .milliseconds(20))
        let roundTrips = try #require(far.roundTrips)
        #expect(abs(roundTrips - 3) < 1e-9)
    }
}
