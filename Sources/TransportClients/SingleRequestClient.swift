internal import Azure

/// Calls the provider's transport for each request. The requests of a batch are tasks.
struct SingleRequestClient: ProviderTransportClient {
    let load: TransportLoad
    private let check: ResponseCheck
    private let transport: NetworkTransport
    private let request: HTTPRequest

    init(_ load: TransportLoad, _ check: ResponseCheck, environment: [String: String]) throws {
        self.load = load
        self.check = check
        transport = try .provider(environment: environment)
        request = load.request
    }

    func sendBatch() async throws {
        guard load.batchSize > 1 else { return try await sendRequest() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<load.batchSize { group.addTask { try await sendRequest() } }
            try await group.waitForAll()
        }
    }

    private func sendRequest() async throws {
        try check.accept(try await transport.send(request, timeout: TransportLoad.timeout))
    }
}
