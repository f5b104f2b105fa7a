import AzureTestSupport
import SecretMemory
import Synchronization
import TestSupport
import Testing

@testable import Azure

/// The HTTP client with a server to send requests to.
struct NetworkClient {
    let transport: NetworkTransport
    /// Scheme, host and port.
    let base: String

    /// `trusted` is the file of the authority that signed the server's certificate, if the server has TLS.
    init(
        _ server: FakeHTTPServer, host: String = "127.0.0.1", trusted: String? = nil,
        _ change: (inout NetworkTransport.Configuration) -> Void = { _ in }
    ) {
        let trustRoots = TrustRoots(environment: trusted.map { ["SSL_CERT_FILE": $0] } ?? [:])
        var configuration = NetworkTransport.Configuration(trustRoots: trustRoots, proxy: .none, userAgent: "tests")
        // A slow processor must not make requests fail.
        configuration.connectTimeout = .seconds(900)
        change(&configuration)
        transport = NetworkTransport(configuration: configuration)
        base = "\(trusted == nil ? "http" : "https")://\(host):\(server.port)"
    }

    func request(_ path: String, for namespace: String = "team") -> HTTPRequest {
        var request = HTTPRequest(.get, base + path)
        request.namespace = namespace
        return request
    }

    /// The body of the response.
    func get(_ path: String = "/", for namespace: String = "team") async throws -> String {
        try await transport.send(request(path, for: namespace), timeout: .seconds(900)).text
    }

    /// The body of the response, with one retry after a lost connection and no others.
    func getWithRetry() async throws -> String {
        let time = ManualTime()
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: time.source)
        let response = try await RetryPolicy().send(
            request("/"), over: transport, through: gate, time.source.context(), time: time.source)
        #expect(time.sleeps.isEmpty)
        return response.text
    }

    func begin(_ paths: [String], for namespace: String = "team", timeout: Duration = .seconds(900)) -> Batch {
        begin(paths.map { request($0, for: namespace) }, timeout: timeout)
    }

    func begin(_ requests: [HTTPRequest], timeout: Duration = .seconds(900)) -> Batch {
        let outcomes = Outcomes()
        let cancel = transport.begin(requests, timeout: timeout) { index, result in
            outcomes.all.withLock { $0[index, default: []].append(result) }
        }
        return Batch(requestCount: requests.count, cancel: cancel, outcomes: outcomes)
    }

    final class Outcomes: Sendable {
        let all = Mutex<[Int: [Result<HTTPResponse, TransportError>]]>([:])
    }

    /// Requests that are sent together.
    struct Batch {
        let requestCount: Int
        let cancel: @Sendable (Int?) -> Void
        fileprivate let outcomes: Outcomes

        /// Whether each request has ended, exactly once.
        var isComplete: Bool {
            outcomes.all.withLock { all in (0..<requestCount).allSatisfy { all[$0]?.count == 1 } }
        }

        func body(_ index: Int) -> String? {
            guard case .success(let response) = outcomes.all.withLock({ $0[index]?.first }) else { return nil }
            return response.text
        }

        func error(_ index: Int) -> TransportError? {
            outcomes.all.withLock { all in
                if case .failure(let error)? = all[index]?.first { error } else { nil }
            }
        }

        /// The number of requests that failed with this error.
        func count(_ condition: (TransportError) -> Bool) -> Int {
            (0..<requestCount).compactMap(error).count(where: condition)
        }

        /// All results, in the order of the requests.
        func bodies() async throws -> [String?] {
            #expect(try await eventually { isComplete })
            return (0..<requestCount).map(body)
        }
    }
}

extension HTTPResponse {
    var text: String { body.withExposed { String(decoding: $0, as: UTF8.self) } }
}
