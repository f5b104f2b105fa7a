internal import NIOCore
internal import NIOHTTP1
internal import SecretMemory

/// One request and its response. Used on the engine's event loop only.
final class Exchange {
    let request: HTTPRequest
    let url: RequestURL
    let route: Route
    /// For the `User-Agent` header.
    let userAgent: String
    /// The connection that it is on.
    weak var connection: HTTPConnection?
    /// Whether it counts for the share of its namespace.
    var isCounted = false
    private var finish: ((Exchange, Result<HTTPResponse, TransportError>) -> Void)?

    init(
        _ request: HTTPRequest, _ url: RequestURL, _ route: Route, userAgent: String,
        finish: @escaping (Exchange, Result<HTTPResponse, TransportError>) -> Void
    ) {
        self.request = request
        self.url = url
        self.route = route
        self.userAgent = userAgent
        self.finish = finish
    }

    var namespace: String { request.namespace }

    /// Whether the outcome was delivered already.
    var isOver: Bool { finish == nil }

    /// Tells the outcome, the first time. The connection must not be in the middle of it any more.
    func end(_ result: Result<HTTPResponse, TransportError>) {
        guard let finish else { return }
        self.finish = nil
        finish(self, result)
    }

    /// Ends it early.
    func abort(_ error: TransportError) {
        guard !isOver else { return }
        let connection = connection
        end(.failure(error))
        // What is left of the response cannot be distinguished from the next one.
        connection?.close()
    }

    /// What is sent before the body.
    var head: HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(request.headers.count + 4)
        // A request through the cluster's token proxy brings the host that it is meant for in the end.
        if !request.headers.contains(where: { ASCII.isSame($0.name, "host") }) {
            headers.add(name: "Host", value: url.authority)
        }
        headers.add(name: "User-Agent", value: userAgent)
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        if let bearer = request.bearer {
            headers.add(
                name: "Authorization",
                value: bearer.withExposed { "Bearer " + String(decoding: $0, as: UTF8.self) })
        }
        if let body = request.body {
            headers.add(name: "Content-Length", value: "\(body.count)")
        } else if request.method != .get {
            headers.add(name: "Content-Length", value: "0")
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: url.target, headers: headers)
    }

    /// Whether no part of the head can end its line early, and so become another header or another request.
    static func isSafe(_ request: HTTPRequest, _ url: RequestURL) -> Bool {
        func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D } }
        return url.target.utf8.allSatisfy { ASCII.visible.contains($0) }
            && url.authority.utf8.allSatisfy { ASCII.visible.contains($0) }
            && request.headers.allSatisfy { isSafe($0.name) && isSafe($0.value) }
            && request.bearer?.withExposed { $0.allSatisfy { $0 > 0x20 && $0 != 0x7F } } ?? true
    }
}
