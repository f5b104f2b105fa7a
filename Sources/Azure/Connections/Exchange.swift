internal import NIOCore
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

    /// The request as it is sent: its line, its headers and its body. One buffer becomes one record of TLS, unless it is
    /// larger than 16 KiB.
    func bytes(in allocator: ByteBufferAllocator) -> ByteBuffer {
        var size = 64 + url.target.utf8.count + url.authority.utf8.count + userAgent.utf8.count
        for header in request.headers { size += header.name.utf8.count + header.value.utf8.count + 4 }
        if let bearer = request.bearer { size += bearer.count + 32 }
        if let body = request.body { size += body.count + 32 }
        var bytes = allocator.buffer(capacity: size)
        bytes.writeString(request.method.rawValue)
        bytes.writeStaticString(" ")
        bytes.writeString(url.target)
        bytes.writeStaticString(" HTTP/1.1\r\n")
        // A request through the cluster's token proxy already has the header, with the host behind the proxy.
        if !request.headers.contains(where: { ASCII.isSame($0.name, "host") }) {
            bytes.writeHeader("Host", url.authority)
        }
        bytes.writeHeader("User-Agent", userAgent)
        for header in request.headers { bytes.writeHeader(header.name, header.value) }
        if let bearer = request.bearer {
            bytes.writeStaticString("Authorization: Bearer ")
            _ = bearer.withExposed { bytes.writeBytes($0) }
            bytes.writeStaticString("\r\n")
        }
        if let body = request.body {
            bytes.writeHeader("Content-Length", "\(body.count)")
        } else if request.method != .get {
            bytes.writeStaticString("Content-Length: 0\r\n")
        }
        bytes.writeStaticString("\r\n")
        if let body = request.body { _ = body.withExposed { bytes.writeBytes($0) } }
        return bytes
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

extension ByteBuffer {
    fileprivate mutating func writeHeader(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        writeString(value)
        writeStaticString("\r\n")
    }
}
