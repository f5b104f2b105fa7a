import AzureTestSupport
import Glibc
import SecretMemory
import Synchronization
import TestSupport
import Testing

@testable import Azure

@Suite("The HTTP client", .timeLimit(.minutes(5)))
struct NetworkTransportTests {
    @Test("consecutive requests use one connection")
    func keepAlive() async throws {
        try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
            let client = NetworkClient(server)
            for _ in 0..<20 { #expect(try await client.get() == "1") }
            #expect(server.accepted == 1)
        }
    }

    @Test("a task that prefers the client's executor continues on the thread that received the response")
    func executor() async throws {
        try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
            let client = NetworkClient(server)
            let executor = try #require(client.transport.executor)
            let receiving = Mutex<Thread?>(nil)
            let batch = client.transport.begin([client.request("/")], timeout: .seconds(900)) { _, _ in
                receiving.withLock { $0 = .current }
            }
            #expect(try await eventually { receiving.withLock { $0 != nil } })
            batch(nil)
            let task = Task(executorPreference: executor) {
                var threads: Set<Thread> = []
                for _ in 0..<5 {
                    _ = try await client.get()
                    threads.insert(.current)
                }
                return threads
            }
            #expect(try await task.value == [try #require(receiving.withLock { $0 })])
        }
    }

    private struct Thread: Hashable {
        var id: pthread_t

        static var current: Thread { Thread(id: pthread_self()) }
    }

    @Test("a batch uses as many connections as a host may have, and each response arrives once")
    func batch() async throws {
        try await FakeHTTPServer.with({ _ in .hold }) { server async throws in
            let client = NetworkClient(server) { $0.connectionsPerHost = 5 }
            let batch = client.begin((0..<60).map { "/\($0)" })
            #expect(try await eventually { server.held == 5 })
            server.replyToHeld { .body($0.target) }
            #expect(try await batch.bodies() == (0..<60).map { "/\($0)" })
            #expect(server.accepted == 5)
            #expect(server.requests.count == 60)
        }
    }

    @Test("cancelling one request of a batch does not affect the others")
    func cancelOne() async throws {
        try await FakeHTTPServer.with({ _ in .hold }) { server async throws in
            let client = NetworkClient(server)
            let batch = client.begin(["/0", "/1", "/2"])
            #expect(try await eventually { server.held == 3 })
            batch.cancel(1)
            #expect(try await eventually { batch.error(1)?.kind == .cancelled })
            server.replyToHeld { .body($0.target) }
            #expect(try await eventually { batch.body(0) == "/0" && batch.body(2) == "/2" })
            #expect(batch.isComplete)
        }
    }

    @Test("a cancelled batch does not open more connections, and its host is removed")
    func cancelAll() async throws {
        try await FakeHTTPServer.with({ _ in .hold }) { server async throws in
            let client = NetworkClient(server) { $0.connectionsPerHost = 5 }
            let batch = client.begin((0..<60).map { "/\($0)" })
            #expect(try await eventually { server.held == 5 })
            batch.cancel(nil)
            #expect(try await eventually { batch.isComplete })
            #expect(batch.count { $0.kind == .cancelled } == 60)
            #expect(try await client.transport.hostCount() == 0)
            #expect(try await eventually { server.open == 0 })
            #expect(server.accepted == 5)
        }
    }

    @Test("a batch ends at its timeout, and the error names the timeout")
    func timeout() async throws {
        try await FakeHTTPServer.with({ _ in .hold }) { server async throws in
            let client = NetworkClient(server) { $0.connectionsPerHost = 1 }
            let batch = client.begin(["/0", "/1", "/2"], timeout: .milliseconds(200))
            #expect(try await eventually { batch.isComplete })
            #expect(batch.count { $0.kind == .timedOut && $0.reason.contains("0.2 s") } == 3)
        }
    }

    @Test(
        "a response that is too large fails, and its rest is not read as the next response",
        arguments: [
            FakeHTTPServer.response("too large"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntoo \r\n5\r\nlarge\r\n0\r\n\r\n",
        ])
    func tooLarge(response: String) async throws {
        try await FakeHTTPServer.with({ $0.target == "/large" ? .bytes(response) : .connectionNumber }) {
            server async throws in
            let client = NetworkClient(server)
            var request = client.request("/large")
            request.maximumResponseBytes = 8
            let error = await #expect(throws: TransportError.self) {
                try await client.transport.send(request, timeout: .seconds(900))
            }
            #expect(error?.kind == .final)
            #expect(error?.reason.contains("larger than 8 bytes") == true)
            #expect(try await client.get() == "2")
            request.maximumResponseBytes = 9
            #expect(try await client.transport.send(request, timeout: .seconds(900)).text == "too large")
        }
    }

    @Test("a response that ends early is a lost connection")
    func halfResponse() async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        try await FakeHTTPServer.with({ _ in .bytes(half) }) { server async throws in
            let client = NetworkClient(server)
            let batch = client.begin(["/"])
            #expect(try await eventually { server.requests.count == 1 })
            // The server sends its half response before it closes the connection.
            server.closeAll()
            #expect(try await eventually { batch.error(0) != nil })
            #expect(batch.error(0)?.isLostConnection == true)
        }
    }

    @Test("a request that a server could read as two is refused and not sent")
    func unsafe() async throws {
        try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
            let client = NetworkClient(server)
            let base = client.request("/")
            var requests: [HTTPRequest] = []
            for end in ["\r\n", "\n", "\r", "\0"] {
                for path in ["/a\(end)X: y", "/\(end)", "/a b"] { requests.append(client.request(path)) }
                for header in [("x-a", "1\(end)X: y"), ("x-a\(end)X", "1"), ("x-a", "1\(end)")] {
                    var request = base
                    request.headers = [header]
                    requests.append(request)
                }
                var request = base
                request.bearer = SecretBytes("token\(end)X: y")
                requests.append(request)
                requests.append(HTTPRequest(.get, "http://127.0.0.1\(end):\(server.port)/"))
            }
            for request in requests {
                let error = await #expect(throws: TransportError.self) {
                    try await client.transport.send(request, timeout: .seconds(900))
                }
                #expect(error?.kind == .final)
            }
            #expect(server.accepted == 0)
        }
    }

    @Test("a namespace has its share of concurrent requests, and can use it again when they have ended")
    func share() async throws {
        try await FakeHTTPServer.with({ $0.target == "/quiet" ? .connectionNumber : .hold }) { server async throws in
            let client = NetworkClient(server) { $0.connectionsPerHost = 1000 }
            for round in 1...2 {
                let loud = client.begin(Array(repeating: "/loud", count: 450), for: "loud")
                #expect(try await eventually { server.requests.count { $0.target == "/loud" } == round * 200 })
                _ = try await client.get("/quiet", for: "quiet")
                #expect(server.requests.count { $0.target == "/loud" } == round * 200)
                loud.cancel(nil)
                #expect(try await eventually { loud.isComplete })
            }
            server.replyToHeld { _ in .body("done") }
            let last = client.begin(Array(repeating: "/loud", count: 450), for: "loud")
            #expect(try await last.bodies().allSatisfy { $0 == "done" })
        }
    }

    @Test("a host is removed when its last connection is closed")
    func hosts() async throws {
        try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
            let client = NetworkClient(server) { $0.idleTimeout = .milliseconds(100) }
            _ = try await client.get()
            #expect(try await eventually { try await client.transport.hostCount() == 0 })
            #expect(try await eventually { server.open == 0 })
            #expect(try await client.get() == "2")
        }
    }

    @Test("a released client ends its pending requests and closes its connections")
    func released() async throws {
        try await FakeHTTPServer.with({ _ in .hold }) { server async throws in
            let batch = NetworkClient(server) { $0.connectionsPerHost = 2 }.begin((0..<6).map { "/\($0)" })
            #expect(try await eventually { server.held == 2 })
            server.replyToHeld { .body($0.target) }
            #expect(try await batch.bodies() == (0..<6).map { "/\($0)" })
            #expect(try await eventually { server.open == 0 })
        }
    }
}
