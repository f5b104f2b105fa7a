internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Sends one HTTP/1.1 request on a new connection, without a proxy. The emulator and the tools use it; the provider has
/// its own client, which reuses connections and retries.
package struct HTTPFetch: Sendable {
    /// A complete response.
    package struct Response: Sendable {
        package var status: Int
        package var body: [UInt8]
        /// The value of the header `Location`.
        var location: String?
    }

    private static let maximumRedirects = 5

    package var method = "GET"
    /// The absolute URL, with the scheme `http` or `https`.
    package var url: String
    package var headers: [String: String] = [:]
    package var body: [UInt8] = []
    /// A PEM file with the trusted certificate authorities; nil for those of the system.
    package var trustRoots: String?
    /// The maximum size of a response body in bytes. A larger one is an error.
    package var maximumBodyBytes = 1 << 20
    /// The timeout for the connection, and again for the response.
    package var timeout = Duration.seconds(10)

    package init(url: String) { self.url = url }

    /// Sends the request and returns the response. Redirects are followed only for `GET` requests without headers,
    /// because headers can contain credentials. Throws an `HTTPFetchError`, or an error of the connection.
    package func response() async throws -> Response {
        var fetch = self
        for _ in 0...Self.maximumRedirects {
            let response = try await fetch.singleResponse()
            guard [301, 302, 303, 307, 308].contains(response.status), method == "GET", headers.isEmpty,
                let location = response.location, let next = URL(string: location, relativeTo: URL(string: fetch.url))
            else { return response }
            fetch.url = next.absoluteString
        }
        throw HTTPFetchError("\(url) has too many redirects")
    }

    private func singleResponse() async throws -> Response {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw HTTPFetchError("\(url) is not an http or https URL") }
        // URLComponents returns an IPv6 address with its brackets.
        let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        let context = scheme == "https" ? try NIOSSLContext(configuration: tlsConfiguration) : nil
        let head = requestHead(parts, authority: parts.port.map { "\(host):\($0)" } ?? host)
        let (channel, response) = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(TimeAmount(timeout))
            .connect(host: address, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let promise = channel.eventLoop.makePromise(of: Response.self)
                    do {
                        let pipeline = channel.pipeline.syncOperations
                        if let context {
                            // An address cannot be sent as the server name (SNI); the certificate must then contain the
                            // address.
                            let name = (try? SocketAddress(ipAddress: address, port: port)) == nil ? address : nil
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(HTTPFetchHandler(self, head: head, promise: promise))
                    } catch {
                        promise.fail(error)
                        throw error
                    }
                    return (channel, promise.futureResult)
                }
            }
        return try await withTaskCancellationHandler {
            try await response.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private var tlsConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let trustRoots { configuration.trustRoots = .file(trustRoots) }
        return configuration
    }

    private func requestHead(_ parts: URLComponents, authority: String) -> HTTPRequestHead {
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        var head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method),
            uri: path + (parts.percentEncodedQuery.map { "?\($0)" } ?? ""))
        head.headers.add(name: "Host", value: authority)
        head.headers.add(name: "Connection", value: "close")
        if method != "GET" || !body.isEmpty { head.headers.add(name: "Content-Length", value: "\(body.count)") }
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        return head
    }
}

/// The reason why a request has no response.
package struct HTTPFetchError: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
