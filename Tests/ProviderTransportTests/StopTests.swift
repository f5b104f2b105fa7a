import ProviderTransport
import TestSupport
import Testing

@Suite("Stopping a server", .timeLimit(.minutes(20)))
struct StopTests {
    private static func waiting(on log: HandlerLog) -> RPCServer.Handler {
        { _ throws(RPCStatus) in
            try await log.wait()
            return .file("late")
        }
    }

    @Test("health is SERVING while the server runs, and never after its stop")
    func health() async throws {
        let fixture = try Fixture { _ in .file() }
        let client = fixture.client()
        #expect(try await client.isServing(timeout: testTimeout))
        await fixture.server.stop(grace: .zero)
        do throws(RPCStatus) {
            #expect(try await client.isServing(timeout: testTimeout) == false)
        } catch {
            #expect(error.code == .unavailable)
        }
    }

    @Test("running calls finish during the grace period")
    func drains() async throws {
        let log = HandlerLog()
        let fixture = try Fixture(handler: Self.waiting(on: log))
        let client = fixture.client()
        let call = Task { try await client.mount(.plain) }
        #expect(try await eventually { log.started == 1 })
        let stop = Task { await fixture.server.stop(grace: .seconds(600)) }
        #expect(try await eventually { try await !client.isServing(timeout: testTimeout) })
        #expect(fixture.server.runningMounts == 1)
        log.open()
        #expect(try await call.value.files.map(\.path) == ["late"])
        await stop.value
        #expect(fixture.server.runningMounts == 0)
        #expect(log.cancelled == 0)
    }

    // The driver retries only after UNAVAILABLE. After CANCELLED, which gRPC's own shutdown would cause, it starts a pod
    // with an empty volume.
    @Test("calls that arrive during the stop are not started and end with UNAVAILABLE")
    func arrivals() async throws {
        let log = HandlerLog()
        let fixture = try Fixture(handler: Self.waiting(on: log))
        let clients = [fixture.client(), fixture.client()]
        let first = Task { try await clients[0].mount(.plain) }
        #expect(try await eventually { log.started == 1 })
        let stop = Task { await fixture.server.stop(grace: .seconds(600)) }
        #expect(try await eventually { try await !clients[0].isServing(timeout: testTimeout) })
        // Over an existing connection and over a new one.
        let late = clients.flatMap { client in
            (0..<10).map { _ in Task { await status { () throws(RPCStatus) in try await client.mount(.plain) } } }
        }
        // After the calls on the same connections.
        for client in clients { #expect(try await client.isServing(timeout: testTimeout) == false) }
        log.open()
        #expect(try await first.value.files.map(\.path) == ["late"])
        for call in late { #expect(await call.value?.code == .unavailable) }
        await stop.value
        #expect(log.started == 1)
        #expect(fileMode(fixture.socketPath) == nil)
    }

    @Test("calls that run longer than the grace period end with INTERNAL, and their handlers are cancelled")
    func graceEnds() async throws {
        let log = HandlerLog()
        let fixture = try Fixture(handler: Self.waiting(on: log))
        let client = fixture.client()
        let calls = (0..<5).map { _ in
            Task { await status { () throws(RPCStatus) in try await client.mount(.plain) } }
        }
        #expect(try await eventually { log.started == 5 })
        await fixture.server.stop(grace: .milliseconds(100))
        for call in calls {
            let status = await call.value
            #expect(status?.code == .internal)
            #expect(status?.message.hasPrefix("the provider is shutting down") == true)
        }
        #expect(try await eventually { log.cancelled == 5 })
        #expect(try await eventually { fixture.server.runningMounts == 0 })
    }

    // A stop blocks a thread. If that were one of the threads that run Swift's tasks, a dozen stops would leave no
    // thread for the handlers that they wait for.
    @Test("stopping servers do not block the threads of the calls that they wait for")
    func threads() async throws {
        let log = HandlerLog()
        let fixtures = try (0..<16).map { _ in try Fixture(handler: Self.waiting(on: log)) }
        try await withThrowingTaskGroup { group in
            for fixture in fixtures {
                let client = fixture.client()
                group.addTask { _ = try await client.mount(.plain) }
            }
            #expect(try await eventually { log.started == 16 })
            for fixture in fixtures { group.addTask { await fixture.server.stop(grace: .seconds(600)) } }
            for fixture in fixtures {
                let client = fixture.client()
                #expect(try await eventually { try await !client.isServing(timeout: testTimeout) })
            }
            log.open()
            // Without threads the grace period would run out, and the mounts would fail.
            try await group.waitForAll()
        }
        #expect(log.cancelled == 0)
    }

    @Test("a handler that ignores its cancellation does not hold up the stop")
    func cancellationIgnored() async throws {
        let log = HandlerLog()
        let fixture = try Fixture { _ throws(RPCStatus) in
            await Task { do { try await log.wait() } catch {} }.value
            return .file()
        }
        let client = fixture.client()
        let call = Task { await status { () throws(RPCStatus) in try await client.mount(.plain) } }
        #expect(try await eventually { log.started == 1 })
        await fixture.server.stop(grace: .milliseconds(50))
        #expect(await call.value?.code == .internal)
        // Its late response is dropped.
        log.open()
        #expect(try await eventually { fixture.server.runningMounts == 0 })
    }

    @Test("a second stop does nothing, and a server that was never stopped can be released")
    func twice() async throws {
        let fixture = try Fixture { _ in .file() }
        await fixture.server.stop(grace: .zero)
        await fixture.server.stop(grace: .zero)
        let directory = try TemporaryDirectory()
        do { _ = try Fixture(in: directory) { _ in .file() } }
        _ = try Fixture(in: directory) { _ in .file() }
    }

    @Test("a client reconnects after a restart on the same path")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try Fixture(in: directory) { _ in .file("first") }
        let client = first.client()
        #expect(try await client.mount(.plain).files.map(\.path) == ["first"])
        await first.server.stop(grace: .zero)
        let status = await status { () throws(RPCStatus) in try await client.mount(.plain) }
        #expect(status?.code == .unavailable)
        // The driver waits for the provider, so its call may start before the provider is back.
        let waiting = Task { try await client.mount(.plain, timeout: testTimeout, waitForReady: true) }
        let second = try Fixture(in: directory) { _ in .file("second") }
        #expect(try await waiting.value.files.map(\.path) == ["second"])
        await second.server.stop(grace: .zero)
    }
}
