/// The HTTP engines that the benchmark compares.
package enum TransportEngine: String, CaseIterable, Sendable {
    /// The provider's transport, one call for each request.
    case single
    /// The provider's transport, one call for each batch of requests.
    case batched
    /// A channel handler of SwiftNIO on its own: no pool, no timeout and no check of a header. It shows the cost of TLS
    /// and HTTP alone.
    case plain
}
