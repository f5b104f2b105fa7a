/// The number of samples that a run takes.
package struct BenchmarkSize: Sendable {
    /// Whether to take only enough samples to check that the benchmark works.
    package var isQuick: Bool
    /// The number of mounts in the `soak` scenario, and of failing mounts after them.
    package var soak: Int

    package init(isQuick: Bool = false, soak: Int? = nil) {
        self.isQuick = isQuick
        self.soak = soak ?? (isQuick ? 50 : 10_000)
    }

    /// `full` for a full run, `quick` for a quick one.
    func samples(_ full: Int, quick: Int) -> Int { isQuick ? quick : full }

    /// Objects per mount, in the scenarios that vary it.
    var objectCounts: [Int] { isQuick ? [1, 10] : [1, 10, 50] }
}
