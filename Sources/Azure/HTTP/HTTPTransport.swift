package import Documents
package import SecretMemory

/// A request to Entra, Key Vault or the cluster's API server.
package struct HTTPRequest: Sendable {
    /// The methods that the provider and the tools use.
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
    }

    /// A connection to another host than the URL names, which trusts one certificate authority instead of the process's.
    package struct Connection: Sendable, Hashable {
        package var host: String
        /// The only certificate authority that is trusted, as PEM; nil for those of the process.
        package var authorityPEM: [UInt8]?

        package init(host: String, authorityPEM: [UInt8]?) {
            self.host = host
            self.authorityPEM = authorityPEM
        }
    }

    package var method: Method
    /// An absolute URL. It is `https`, except for the node's own metadata services.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// The token for the header `Authorization: Bearer`.
    package var bearer: SecretBytes?
    package var body: SecretBytes?
    /// The largest response body that is read, in bytes. A larger one is a `TransportError`.
    package var maximumResponseBytes: Int
    /// The host to connect to; nil for the URL's host, directly or through the proxy.
    package var connection: Connection?
    /// The namespace whose share of the node's connections and name look-ups the request takes; empty for the node itself.
    package var namespace = ""

    package init(
        _ method: Method,
        _ url: String,
        headers: [(name: String, value: String)] = [],
        bearer: SecretBytes? = nil,
        body: SecretBytes? = nil,
        maximumResponseBytes: Int = 4 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.bearer = bearer
        self.body = body
        self.maximumResponseBytes = maximumResponseBytes
    }
}

/// A response, read to its end.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: SecretBytes

    package init(status: Int, headers: [(name: String, value: String)] = [], body: SecretBytes) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header with this name. Letter case does not matter.
    package func header(_ name: String) -> String? {
        headers.first { ASCII.isSame($0.name, name) }?.value
    }

    /// The body as a JSON object; nil if it is not one.
    package var json: JSONObject? {
        (try? JSONParser.parse(body))?.object
    }
}

/// The reason why a request has no response.
package struct TransportError: Error, Sendable {
    /// The step that failed.
    package enum Hop: String, Sendable {
        case nameResolution = "name resolution"
        case connect
        case tls = "TLS"
        case proxy
        case request
    }

    /// The kind of a failure, which decides whether the request is retried.
    package enum Kind: Sendable {
        /// The same request may succeed if it is sent again.
        case transient
        /// Certificate, name or configuration: trying again changes nothing.
        case final
        case timedOut
        /// The service has asked for a pause that outlasts the mount.
        case throttled
        case cancelled
        /// The request was not sent, because its batch does not need the response any more.
        case withdrawn
    }

    package var hop: Hop
    package var kind: Kind
    package var reason: String
    /// Whether the connection was lost. The server may have been closing an idle connection, so the first lost
    /// connection of a request is retried immediately.
    package var isLostConnection = false

    package init(_ hop: Hop, _ kind: Kind, _ reason: String) {
        self.hop = hop
        self.kind = kind
        self.reason = reason
    }
}

/// The seam between the protocols and the network.
///
/// A transport sends each request once. It does not follow redirects and does not retry; `RequestRun` does that. All
/// members may be called from any thread, and a call does not block it. Tests implement this protocol without a network.
package protocol HTTPTransport: Sendable {
    /// Sends one request and reads the whole response, whatever its status is.
    ///
    /// - Parameter timeout: The time for the name look-up, the connection and the response together.
    /// - Throws: `TransportError`: of the kind `timedOut` after `timeout`, and `cancelled` when the task is cancelled.
    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse

    /// Begins to send a batch of requests. Many requests cost as few changes between threads as one.
    ///
    /// - Parameters:
    ///   - timeout: The time for each request, as for `send`.
    ///   - deliver: Receives the outcome of each request, with its index, exactly once. It is called on any thread, which it
    ///     must not block.
    /// - Returns: A function that cancels the request with an index, or all requests when the index is nil.
    func begin(
        _ requests: [HTTPRequest], timeout: Duration,
        deliver: @escaping @Sendable (Int, Result<HTTPResponse, TransportError>) -> Void
    ) -> @Sendable (Int?) -> Void

    /// The executor whose thread delivers the outcomes; nil if there is none. A task that prefers it continues without a
    /// change of threads. What it runs must be short, because it delays all requests of the transport.
    var executor: (any TaskExecutor)? { get }
}

extension HTTPTransport {
    package var executor: (any TaskExecutor)? { nil }

    /// Sends each request in its own task, for transports that do not have a cheaper way.
    package func begin(
        _ requests: [HTTPRequest], timeout: Duration,
        deliver: @escaping @Sendable (Int, Result<HTTPResponse, TransportError>) -> Void
    ) -> @Sendable (Int?) -> Void {
        let tasks = requests.enumerated().map { index, request in
            Task {
                do throws(TransportError) {
                    deliver(index, .success(try await send(request, timeout: timeout)))
                } catch {
                    deliver(index, .failure(error))
                }
            }
        }
        return { index in
            if let index { tasks[index].cancel() } else { for task in tasks { task.cancel() } }
        }
    }
}
