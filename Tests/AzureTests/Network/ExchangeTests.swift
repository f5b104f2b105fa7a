import NIOCore
import SecretMemory
import Testing

@testable import Azure

@Suite("A request as it is sent")
struct ExchangeTests {
    private func text(_ request: HTTPRequest) throws -> String {
        let url = try RequestURL(request.url)
        let exchange = Exchange(request, url, Route(host: url.host, port: url.port), userAgent: "akv-csi/1") { _, _ in }
        return String(buffer: exchange.bytes(in: ByteBufferAllocator()))
    }

    @Test("a request has the host, the program's name, its own headers and its token")
    func get() throws {
        let request = HTTPRequest(
            .get, "https://team.vault.azure.net/secrets/one?api-version=7.4", headers: [("Accept", "application/json")],
            bearer: SecretBytes("token"))
        #expect(
            try text(request) == """
                GET /secrets/one?api-version=7.4 HTTP/1.1\r
                Host: team.vault.azure.net\r
                User-Agent: akv-csi/1\r
                Accept: application/json\r
                Authorization: Bearer token\r
                \r\n
                """)
    }

    @Test("a body follows the headers, and its length is announced", arguments: ["a=1&b=2", ""])
    func body(_ body: String) throws {
        let request = HTTPRequest(.post, "https://login.example:8443/token", body: SecretBytes(body))
        #expect(
            try text(request) == """
                POST /token HTTP/1.1\r
                Host: login.example:8443\r
                User-Agent: akv-csi/1\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """)
    }

    @Test("a request that could have a body announces that it has none")
    func withoutBody() throws {
        #expect(try text(HTTPRequest(.post, "http://host.example/")).hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
    }

    @Test("the host that a request names itself is the only one", arguments: ["Host", "host"])
    func ownHost(_ name: String) throws {
        let sent = try text(HTTPRequest(.get, "https://10.0.0.1/", headers: [(name, "login.example")]))
        #expect(sent.contains("\r\n\(name): login.example\r\n"))
        #expect(!sent.contains("10.0.0.1"))
    }
}
