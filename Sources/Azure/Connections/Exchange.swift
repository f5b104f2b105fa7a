internal import NIOCore
internal import NIOHTTP1
internal import SecretMemory

/// One request and its response. It must be used on the engine's event loop only.
final class Exchange {
    let request: HTTPRequest
    let url: RequestURL
    let route: Route
    /// The value of the `User-Agent` header.
    let userAgent: String
    /// The connection that carries the request.
    weak var connection: HTTPConnection?
    /// Whether the request counts for the share of its namespace.
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

    /// Reports the outcome; further calls have no effect. The connection must be done with the request.
    func end(_ result: Result<HTTPResponse, TransportError>) {
        guard let finish else { return }
        self.finish = nil
        finish(self, result)
    }

    /// Ends the request early.
    func abort(_ error: TransportError) {
        guard !isOver else { return }
        let connection = connection
        end(.failure(error))
        // The rest of the response could not be distinguished from the next one.
        connection?.close()
    }

    /// The request line and the headers.
    var head: HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(request.headers.count + 4)
        // A request through the cluster's token proxy already has the header, with the host behind the proxy.
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

    /// Whether no part of the head can end its line early, and so inject another header or another request.
    static func isSafe(_ request: HTTPRequest, _ url: RequestURL) -> Bool {
        func isSafe(_ text: String) -> Bool { all(text) { $0 != 0 && $0 != 0x0A && $0 != 0x0D } }
        return all(url.target) { ASCII.visible.contains($0) } && all(url.authority) { ASCII.visible.contains($0) }
            && request.headers.allSatisfy { isSafe($0.name) && isSafe($0.value) }
            && request.bearer?.withExposed { $0.allSatisfy { $0 > 0x20 && $0 != 0x7F } } ?? true
    }

    /// A buffer takes a fraction of the time of a text's own view of its bytes.
    private static func all(_ text: String, _ condition: (UInt8) -> Bool) -> Bool {
        var text = text
        return text.withUTF8 { $0.allSatisfy(condition) }
    }
}
