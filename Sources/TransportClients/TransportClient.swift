internal import Azure
internal import SecretMemory

/// Sends the requests of a `TransportLoad` through one engine.
protocol TransportClient: Sendable {
    /// Each sender sends `batches` batches. Returns the duration of each batch, in no particular order.
    func send(batches: Int) async throws -> [Duration]
}

/// A client of the provider's transport, whose senders are tasks.
protocol ProviderTransportClient: TransportClient {
    var load: TransportLoad { get }

    /// Sends one batch and waits for all its responses.
    func sendBatch() async throws
}

extension ProviderTransportClient {
    func send(batches: Int) async throws -> [Duration] {
        try await withThrowingTaskGroup(of: [Duration].self, returning: [Duration].self) { group in
            for _ in 0..<load.senders {
                group.addTask {
                    var durations: [Duration] = []
                    durations.reserveCapacity(batches)
                    for _ in 0..<batches {
                        let start = ContinuousClock.now
                        try await sendBatch()
                        durations.append(ContinuousClock.now - start)
                    }
                    return durations
                }
            }
            var all: [Duration] = []
            for try await durations in group { all += durations }
            return all
        }
    }
}

extension TransportLoad {
    /// The time for one request.
    static let timeout = Duration.seconds(60)

    /// The request as the provider's transport takes it.
    var request: HTTPRequest { HTTPRequest(.get, url, headers: Self.headers, bearer: SecretBytes(token)) }
}

extension NetworkTransport {
    /// The transport with the provider's defaults.
    static func provider(environment: [String: String]) throws -> NetworkTransport {
        NetworkTransport(
            configuration: Configuration(
                trustRoots: TrustRoots(environment: environment), proxy: try ProxySettings(environment: environment),
                userAgent: TransportLoad.userAgent))
    }
}

extension ResponseCheck {
    func accept(_ response: HTTPResponse) throws(TransportClientError) {
        try response.body.withExposed { (bytes) throws(TransportClientError) in
            try accept(status: response.status, body: bytes)
        }
    }
}
