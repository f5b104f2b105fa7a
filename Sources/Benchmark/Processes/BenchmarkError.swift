/// The reason why a run cannot continue.
package struct BenchmarkError: Error, CustomStringConvertible, Sendable {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}
