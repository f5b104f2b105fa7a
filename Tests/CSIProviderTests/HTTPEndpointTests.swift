import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import CSIProvider

@Suite("The endpoint for probes and scrapes", .timeLimit(.minutes(20)))
struct HTTPEndpointTests {
    /// A connection that does not send anything.
    private static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    @Test("the endpoint stops while new connections arrive")
    func stop() async throws {
        for _ in 0..<60 {
            let endpoint = try await HTTPEndpoint.listen(
                host: "127.0.0.1", port: 0, routes: [:], logger: Logger(label: "test"))
            let server = Task { try await endpoint.run() }
            let first = (0..<10).map { _ in Self.connect(to: endpoint.port) }
            server.cancel()
            let rest = (0..<10).map { _ in Self.connect(to: endpoint.port) }
            try await server.value
            for descriptor in first + rest { close(descriptor) }
        }
    }

    /// Whether the endpoint closes the connection of a client that sends `send` repeatedly. The connection is only
    /// read.
    private static func isClosed(
        limits: RequestLimits, _ send: @escaping @Sendable (Int32) -> Void
    ) async throws -> Bool {
        let endpoint = try await HTTPEndpoint.listen(
            host: "127.0.0.1", port: 0, routes: ["/": { HTTPEndpoint.Answer(status: .ok, text: "ok") }],
            limits: limits, logger: Logger(label: "test"))
        let server = Task { try await endpoint.run() }
        let descriptor = connect(to: endpoint.port)
        let isClosed = await withCheckedContinuation { continuation in
            let thread = Thread(descriptor: descriptor, send: send) { continuation.resume(returning: $0) }
            thread.start()
        }
        close(descriptor)
        server.cancel()
        try await server.value
        return isClosed
    }

    /// A separate thread, because reading blocks.
    private struct Thread {
        let descriptor: Int32
        let send: @Sendable (Int32) -> Void
        let done: @Sendable (Bool) -> Void

        func start() {
            let body = Unmanaged.passRetained(Box(self))
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { pointer in
                    guard let pointer else { return nil }
                    let box = Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue()
                    box.thread.send(box.thread.descriptor)
                    var byte: UInt8 = 0
                    box.thread.done(recv(box.thread.descriptor, &byte, 1, 0) <= 0)
                    return nil
                }, body.toOpaque())
            pthread_detach(thread)
        }

        final class Box {
            let thread: Thread
            init(_ thread: Thread) { self.thread = thread }
        }
    }

    /// Sends the text; false if the endpoint has closed the connection.
    @discardableResult
    private static func send(_ text: String, on descriptor: Int32) -> Bool {
        Array(text.utf8).withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count
        }
    }

    /// Waits a millisecond for the endpoint to close the connection, and returns whether it has.
    private static func hasHungUp(_ descriptor: Int32) -> Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, 1) > 0
    }

    @Test("a connection without a request, or with one that is incomplete after the timeout, is closed")
    func slowRequests() async throws {
        // Only a timeout ends these requests: they are never complete or too large.
        let limits = RequestLimits(requestTimeout: .milliseconds(50), idleTimeout: .hours(1), requestBytes: .max)
        #expect(try await Self.isClosed(limits: limits) { _ in })
        // Each byte arrives within the idle timeout, but the last one never does.
        #expect(
            try await Self.isClosed(limits: limits) { descriptor in
                Self.send("GET / HTTP/1.1\r\nA: ", on: descriptor)
                while Self.send("b", on: descriptor), !Self.hasHungUp(descriptor) {}
            })
        #expect(
            try await Self.isClosed(limits: limits) { descriptor in
                Self.send("GET / HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n", on: descriptor)
                while Self.send("A", on: descriptor), !Self.hasHungUp(descriptor) {}
            })
    }

    @Test("a connection with a too large request is closed, and another one is answered")
    func largeRequests() async throws {
        let limits = RequestLimits(requestTimeout: .hours(1), idleTimeout: .hours(1))
        for (bytes, isClosed) in [(limits.requestBytes + 1, true), (limits.requestBytes, false)] {
            let (start, end) = ("GET / HTTP/1.1\r\nHost: a\r\nA: ", "\r\n\r\n")
            let text = start + String(repeating: "b", count: bytes - start.utf8.count - end.utf8.count) + end
            #expect(
                try await Self.isClosed(limits: limits) { descriptor in Self.send(text, on: descriptor) } == isClosed)
        }
    }

    @Test("a response that is larger than the system's buffers arrives whole before the connection closes")
    func largeLastResponse() async throws {
        let text = String(repeating: "x", count: 16 << 20)
        let endpoint = try await HTTPEndpoint.listen(
            host: "127.0.0.1", port: 0, routes: ["/": { HTTPEndpoint.Answer(status: .ok, text: text) }],
            logger: Logger(label: "test"))
        let server = Task { try await endpoint.run() }
        let descriptor = Self.connect(to: endpoint.port)
        // The thread writes the value before it resumes the continuation.
        nonisolated(unsafe) var received = 0
        _ = await withCheckedContinuation { continuation in
            let thread = Thread(
                descriptor: descriptor,
                send: { descriptor in
                    Self.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", on: descriptor)
                    var chunk = [UInt8](repeating: 0, count: 64 << 10)
                    while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { received += count }
                }, done: { continuation.resume(returning: $0) })
            thread.start()
        }
        #expect(received > text.utf8.count)
        close(descriptor)
        server.cancel()
        try await server.value
    }
}
