internal import AsyncSupport
internal import Azure

/// Calls the provider's transport once for each batch, and handles responses as they arrive, like the provider.
struct BatchClient: ProviderTransportClient {
    let load: TransportLoad
    private let check: ResponseCheck
    private let transport: NetworkTransport
    private let requests: [HTTPRequest]

    init(_ load: TransportLoad, _ check: ResponseCheck, environment: [String: String]) throws {
        self.load = load
        self.check = check
        transport = try .provider(environment: environment)
        requests = Array(repeating: load.request, count: load.batchSize)
    }

    func sendBatch() async throws {
        let inbox = Inbox<Result<HTTPResponse, TransportError>>()
        _ = transport.begin(requests, timeout: TransportLoad.timeout) { _, result in inbox.append(result) }
        var remaining = requests.count
        while remaining > 0 {
            for result in await inbox.next() {
                try check.accept(try result.get())
                remaining -= 1
            }
        }
    }
}
