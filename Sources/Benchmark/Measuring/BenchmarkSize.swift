/// How much is measured.
package struct Extent: Sendable {
    /// Just enough to see that all works.
    package var isQuick: Bool
    /// Mounts of the soak, and as many failing ones.
    package var soak: Int

    package init(isQuick: Bool = false, soak: Int? = nil) {
        self.isQuick = isQuick
        self.soak = soak ?? (isQuick ? 50 : 10_000)
    }

    /// One number for the real run, another for a quick one.
    func samples(_ real: Int, quick: Int) -> Int { isQuick ? quick : real }

    /// Objects in a mount, where that varies.
    var objectCounts: [Int] { isQuick ? [1, 10] : [1, 10, 50] }
}
