import Synchronization
import TestSupport
import Testing

@testable import Azure

@Suite("First connections", .timeLimit(.minutes(20)))
struct FirstConnectionsTests {
    private static let idleTimeout = Duration.seconds(100)

    /// A clock that is set.
    private final class Clock: Sendable {
        let now = Mutex(Duration.zero)

        var source: TimeSource {
            var source = TimeSource.system
            source.elapsed = { [self] in now.withLock { $0 } }
            return source
        }

        func advance(by duration: Duration) { now.withLock { $0 += duration } }
    }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    @Test("Until a connection stands, all but the first request to its host wait", arguments: [true, false])
    func waits(isHTTP2: Bool) async throws {
        let connections = ConnectionWarmup(idleTimeout: Self.idleTimeout, timeout: .seconds(3600))
        #expect(await connections.enter("a:443"))
        #expect(await connections.enter("b:443"), "another host's first")
        let passed = Counter()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let isFirst = await connections.enter("a:443")
                    passed.value.withLock { $0 += 1 }
                    return isFirst
                }
            }
            while connections.waiting(for: "a:443") < 5 { await Task.yield() }
            #expect(passed.value.withLock { $0 } == 0)
            connections.made(isHTTP2 ? .http2 : .http1)
            for await isFirst in group { #expect(!isFirst) }
        }
        #expect(await !connections.enter("a:443"))
    }

    @Test("A first request that fails lets the others try for themselves")
    func fails() async throws {
        let connections = ConnectionWarmup(idleTimeout: Self.idleTimeout, timeout: .seconds(3600))
        #expect(await connections.enter("a:443"))
        let other = Task { await connections.enter("a:443") }
        while connections.waiting(for: "a:443") < 1 { await Task.yield() }
        connections.ended("a:443")
        #expect(await !other.value)
        #expect(await connections.enter("a:443"), "still nothing is known of the host")
    }

    @Test("Whoever is cancelled waits no longer")
    func cancelled() async throws {
        let connections = ConnectionWarmup(idleTimeout: Self.idleTimeout, timeout: .seconds(3600))
        #expect(await connections.enter("a:443"))
        let other = Task { await connections.enter("a:443") }
        while connections.waiting(for: "a:443") < 1 { await Task.yield() }
        other.cancel()
        #expect(await !other.value)
    }

    @Test("A host that does not answer is not waited for")
    func silent() async {
        let connections = ConnectionWarmup(idleTimeout: Self.idleTimeout, timeout: .milliseconds(1))
        #expect(await connections.enter("a:443"))
        #expect(await !connections.enter("a:443"))
    }

    @Test("A host of HTTP/2 is unknown again once its connection has idled away, one of HTTP/1.1 never")
    func idles() async {
        for version in [ConnectionWarmup.Version.http1, .http2] {
            let clock = Clock()
            let connections = ConnectionWarmup(idleTimeout: Self.idleTimeout, time: clock.source)
            #expect(await connections.enter("a:443"))
            connections.made(version)
            connections.ended("a:443")
            clock.advance(by: .seconds(90))
            #expect(await !connections.enter("a:443"))
            clock.advance(by: .seconds(90))
            #expect(await !connections.enter("a:443"), "it was used meanwhile")
            clock.advance(by: .seconds(101))
            #expect(await connections.enter("a:443") == (version == .http2))
        }
    }
}
