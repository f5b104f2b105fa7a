package import Documents
package import SecretMemory

/// A request to Entra, Key Vault or the cluster's API server.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
    }

    /// A connection of its own kind: to another host than the URL names, and trusting other authorities.
    package struct Connection: Sendable, Hashable {
        package var host: String
        /// The only authority that is trusted; those of the process when nil.
        package var authorityPEM: [UInt8]?

        package init(host: String, authorityPEM: [UInt8]?) {
            self.host = host
            self.authorityPEM = authorityPEM
        }
    }

    package var method: Method
    /// Absolute, https except for the node's own metadata services.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// Sent as the `Authorization: Bearer` header.
    package var bearer: SecretBytes?
    package var body: SecretBytes?
    /// The largest response that is read.
    package var maximumResponseBytes: Int
    /// The ordinary way when nil.
    package var connection: Connection?
    /// On whose share it is sent; that of the node itself when empty.
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

    /// The first header of that name, in any case.
    package func header(_ name: String) -> String? {
        headers.first { ASCII.isSame($0.name, name) }?.value
    }

    /// The body as a JSON object, nil if it is none.
    package var json: JSONObject? {
        (try? JSONParser.parse(body))?.object
    }
}

/// Why no response came.
package struct TransportError: Error, Sendable {
    /// Where on the way it went wrong.
    package enum Hop: String, Sendable {
        case nameResolution = "name resolution"
        case connect
        case tls = "TLS"
        case proxy
        case request
    }

    package enum Kind: Sendable {
        /// The same request may well succeed in a moment.
        case transient
        /// Certificate, name or configuration: trying again changes nothing.
        case final
        case timedOut
        /// The service has asked for a pause that outlasts the mount.
        case throttled
        case cancelled
        /// The request was not sent, because the one that wanted it does not want it any more.
        case withdrawn
    }

    package var hop: Hop
    package var kind: Kind
    package var reason: String
    /// The connection was lost. It may have been an idle one that the server was just closing, so the
    /// first time the same request is sent again immediately.
    package var isLostConnection = false

    package init(_ hop: Hop, _ kind: Kind, _ reason: String) {
        self.hop = hop
        self.kind = kind
        self.reason = reason
    }
}

/// The seam between the protocols and the network: sends one request once, follows no redirect, and
/// gives up at `timeout`.
///
/// A batch is handed over as a whole, so that many requests cost as few changes between threads as one.
package protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse

    /// Begins to send requests, of which each gives up at `timeout`. `deliver` is called once for each, with its index, on
    /// any thread, which it must not block. The result cancels a request by its index, all of them when nil.
    func begin(
        _ requests: [HTTPRequest], timeout: Duration,
        deliver: @escaping @Sendable (Int, Result<HTTPResponse, TransportError>) -> Void
    ) -> @Sendable (Int?) -> Void
}

extension HTTPTransport {
    /// One task for each request, where there is no cheaper way.
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
