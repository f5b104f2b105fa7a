internal import AsyncHTTPClient
internal import Dispatch
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import SecretMemory
internal import Synchronization

/// The real network: pooled keep-alive connections over TLS 1.2 or later, no redirects.
package final class AsyncHTTPTransport: HTTPTransport {
    /// How the process reaches the network, fixed at start.
    package struct Configuration: Sendable {
        package var trustRoots: TrustRoots
        package var proxy: ProxySettings
        package var userAgent: String
        package var connectTimeout = Duration.seconds(5)
        /// Below the four minutes after which Azure's load balancers drop idle flows.
        package var idleTimeout = Duration.seconds(100)
        package var connectionsPerHost = 25
        /// Whether HTTP/2 is spoken with whoever offers it, over one connection for each host.
        package var allowsHTTP2 = true

        package init(trustRoots: TrustRoots, proxy: ProxySettings, userAgent: String) {
            self.trustRoots = trustRoots
            self.proxy = proxy
            self.userAgent = userAgent
        }
    }

    private struct State {
        var fingerprint: TrustRoots.Fingerprint?
        var clients: [Path: ClientBox] = [:]
        /// Since the start.
        var clientsMade = 0
    }

    /// What requests must have in common to share connections.
    private struct Path: Hashable {
        var proxy: ProxySettings.Proxy?
        var connection: HTTPRequest.Connection?
        /// Set only for a special connection, whose name resolution is fixed to it.
        var serverName: String?
    }

    private let configuration: Configuration
    private let logger: Logger
    private let state = Mutex(State())

    package init(configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The number of clients made since the start, for tests.
    var clientsMade: Int { state.withLock { $0.clientsMade } }

    package func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        let target = try Target(url: request.url)
        // Plain http goes to the node's own services only, and a special connection is one inside the
        // cluster: neither is a proxy's business.
        let isDirect = !target.isHTTPS || request.connection != nil
        let proxy = isDirect ? nil : configuration.proxy.proxy(forHost: target.host, port: target.port)
        let box = try client(
            for: Path(
                proxy: proxy, connection: request.connection,
                serverName: request.connection == nil ? nil : target.hostWithoutBrackets),
            host: target.host)
        do {
            return try await answering(within: timeout) {
                // Of special connections, each client has but one host, and no burst of requests.
                guard let warmup = box.warmup, target.isHTTPS, request.connection == nil else {
                    return try await self.perform(request, with: box)
                }
                let host = "\(target.host):\(target.port)"
                let isFirst = await warmup.enter(host)
                defer { if isFirst { warmup.ended(host) } }
                return try await self.perform(request, with: box)
            }
        } catch let failure as TransportError {
            throw failure
        } catch {
            throw TransportError(classifying: error, throughProxy: proxy != nil, isCancelled: Task.isCancelled)
        }
    }

    private func perform(_ request: HTTPRequest, with box: ClientBox) async throws -> HTTPResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        outgoing.headers.replaceOrAdd(name: "User-Agent", value: configuration.userAgent)
        if let bearer = request.bearer {
            let value = bearer.withExposed { "Bearer " + String(decoding: $0, as: UTF8.self) }
            outgoing.headers.replaceOrAdd(name: "Authorization", value: value)
        }
        if let body = request.body {
            outgoing.body = .bytes(body.withExposed { ByteBuffer(bytes: $0) })
        }
        let response = try await box.client.execute(outgoing, deadline: .distantFuture)
        var body = SecretBytesBuilder(capacity: 4096)
        for try await chunk in response.body {
            guard body.count + chunk.readableBytes <= request.maximumResponseBytes else {
                throw TransportError(
                    .request, .final, "the answer is larger than \(request.maximumResponseBytes) bytes")
            }
            chunk.withUnsafeReadableBytes { body.append($0) }
        }
        return HTTPResponse(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name, $0.value) },
            body: body.finish())
    }

    /// The client for requests to `host` that go that way. It is replaced when the trust roots have changed, and when it
    /// has had `maximumHosts` hosts, because a client never forgets one.
    private func client(for path: Path, host: String) throws(TransportError) -> ClientBox {
        let previous = state.withLock { $0.fingerprint }
        let fingerprint = configuration.trustRoots.fingerprint(after: previous)
        let result: Result<ClientBox, TransportError> = state.withLock { state in
            if state.fingerprint != fingerprint {
                // Requests under way keep their client until they end.
                state.clients = [:]
            }
            state.fingerprint = fingerprint
            if let client = state.clients[path], client.admits(host) { return .success(client) }
            do {
                let client = try makeClient(for: path)
                _ = client.admits(host)
                state.clientsMade += 1
                // Of special connections to one host only the newest is kept: an old one's authority was replaced.
                if let connection = path.connection {
                    state.clients = state.clients.filter { $0.key.connection?.host != connection.host }
                }
                state.clients[path] = client
                return .success(client)
            } catch {
                return .failure(TransportError(.tls, .final, "the trusted certificates cannot be read: \(error)"))
            }
        }
        return try result.get()
    }

    private func makeClient(for path: Path) throws -> ClientBox {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authority = path.connection?.authorityPEM {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
        } else {
            tls.trustRoots = try configuration.trustRoots.load()
            tls.additionalTrustRoots = [.certificates(configuration.trustRoots.loadAdditional())]
        }
        var client = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        let warmup = configuration.allowsHTTP2 ? ConnectionWarmup(idleTimeout: configuration.idleTimeout) : nil
        client.httpVersion = configuration.allowsHTTP2 ? .automatic : .http1Only
        client.timeout.connect = TimeAmount(configuration.connectTimeout)
        client.connectionPool.idleTimeout = TimeAmount(configuration.idleTimeout)
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connectionsPerHost
        // Our own loop retries; a second one inside would hide a refused connection as a time-out.
        client.connectionPool.retryConnectionEstablishment = false
        client.http1_1ConnectionDebugInitializer = { [serverName = path.serverName] channel in
            CertificateNameGuard.install(on: channel, serverName: serverName)
                .always { _ in warmup?.made(.http1, on: channel) }
        }
        client.http2ConnectionDebugInitializer = { channel in
            warmup?.made(.http2, on: channel)
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        client.http2StreamChannelDebugInitializer = { [serverName = path.serverName] channel in
            CertificateNameGuard.install(on: channel, serverName: serverName)
        }
        if let connection = path.connection, let name = path.serverName, name != connection.host {
            client.dnsOverride = [name: connection.host]
        }
        if let proxy = path.proxy {
            let authorization = proxy.credentials.map { HTTPClient.Authorization.basic(credentials: base64($0)) }
            client.proxy = .server(host: proxy.host, port: proxy.port, authorization: authorization)
        }
        return ClientBox(HTTPClient(eventLoopGroupProvider: .singleton, configuration: client), warmup)
    }

    private func base64(_ text: String) -> String {
        var builder = SecretBytesBuilder()
        SecretBytes(text).withExposed { Base64.encode($0, into: &builder) }
        return builder.finish().withExposed { String(decoding: $0, as: UTF8.self) }
    }

    /// Runs `body` and gives up on it after `timeout`.
    private func answering(
        within timeout: Duration, _ body: @escaping @Sendable () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        let outcome = await withTimeout(timeout) { () async -> Result<HTTPResponse, any Error> in
            do { return .success(try await body()) } catch { return .failure(error) }
        }
        guard let outcome else {
            throw TransportError(.request, .timedOut, "no answer within \(timeout.rounded)")
        }
        return try outcome.get()
    }
}

extension ConnectionWarmup {
    /// Tells of it once the library's pool knows too, so that those who go on find the connection there.
    fileprivate func made(_ version: Version, on channel: any Channel) {
        channel.eventLoop.execute { self.made(version) }
    }
}

/// Shuts its client down once nobody uses it any more.
private final class ClientBox: Sendable {
    let client: HTTPClient
    /// Set where a connection may take many requests.
    let warmup: ConnectionWarmup?
    /// A client keeps about 15 KB for each host it was ever asked for, and users may name any vault.
    static let maximumHosts = 1000
    private let hosts = Mutex<Set<String>>([])

    init(_ client: HTTPClient, _ warmup: ConnectionWarmup?) {
        self.client = client
        self.warmup = warmup
    }

    /// Whether requests to `host` may go through the client. False if it has had as many other hosts as it may have.
    func admits(_ host: String) -> Bool {
        hosts.withLock { hosts in
            if hosts.contains(host) { return true }
            guard hosts.count < Self.maximumHosts else { return false }
            hosts.insert(host)
            return true
        }
    }

    deinit {
        client.shutdown(queue: .global()) { _ in }
    }
}

/// The parts of a URL that decide on the connection.
private struct Target {
    var isHTTPS: Bool
    var host: String
    var port: Int

    /// An IPv6 address stands in brackets in a URL and nowhere else.
    var hostWithoutBrackets: String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    init(url: String) throws(TransportError) {
        guard let scheme = url.firstRange(of: "://") else {
            throw TransportError(.request, .final, "the URL has no scheme")
        }
        isHTTPS = url[..<scheme.lowerBound] == "https"
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        if let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]) {
            (host, self.port) = (String(authority[..<colon]), port)
        } else {
            (host, port) = (String(authority), isHTTPS ? 443 : 80)
        }
    }
}
