/// The requests of one measurement. All of them are the same `GET` request, with an access token.
package struct TransportLoad: Sendable {
    /// An `https` URL with the default port.
    package var url: String
    package var token: String
    /// A text that every response contains.
    package var expected: String
    /// The number of senders. Each sends its next batch as soon as it has all responses of the previous one.
    package var senders: Int
    /// The number of requests in a batch.
    package var batchSize: Int
    /// The number of batches that each sender sends.
    package var batches: Int
    /// The number of batches that each sender sends before the measurement, to open the connections.
    package var warmUpBatches: Int

    package init(
        url: String, token: String, expected: String, senders: Int, batchSize: Int, batches: Int, warmUpBatches: Int
    ) {
        self.url = url
        self.token = token
        self.expected = expected
        self.senders = senders
        self.batchSize = batchSize
        self.batches = batches
        self.warmUpBatches = warmUpBatches
    }

    /// The headers that the provider's Key Vault client sends, apart from the token.
    static let headers = [
        (name: "Accept", value: "application/json"),
        (name: "x-ms-client-request-id", value: "00000000-0000-4000-8000-000000000000"),
    ]
    static let userAgent = "akv-bench"
}
