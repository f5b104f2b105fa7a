import Foundation
import ProviderTransport
import Synchronization
import TestSupport
import Testing

@Suite("Calls of a client on a unix socket", .timeLimit(.minutes(20)))
struct RoundTripTests {
    @Test("all fields of a request and of its response arrive")
    func roundTrip() async throws {
        let request = MountRequestMessage(
            attributes: Array(#"{"a":"é 😀"}"#.utf8), secrets: Array("null".utf8), targetPath: "/var/lib/ü",
            permission: "420",
            currentObjectVersions: [
                ObjectVersionMessage(id: "secret/a", version: "1"), ObjectVersionMessage(id: "", version: ""),
            ])
        let seen = Mutex<IncomingMount?>(nil)
        let binary = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let handler: RPCServer.Handler = { incoming in
            seen.withLock { $0 = incoming }
            return MountResponseMessage(
                files: [
                    .init(path: "a", mode: 0o400, contents: PlainBytes(bytes: binary)),
                    .init(path: "d/ü", mode: 0, contents: PlainBytes(bytes: [])),
                ],
                objectVersions: [
                    ObjectVersionMessage(id: "secret/a", version: "x"), ObjectVersionMessage(id: "key/b", version: ""),
                ])
        }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            let response = try await fixture.client().mount(request, timeout: .seconds(3600))
            let incoming = try #require(seen.withLock { $0 })
            #expect(incoming.request.attributes == request.attributes)
            #expect(incoming.request.secrets == request.secrets)
            #expect(incoming.request.targetPath == request.targetPath)
            #expect(incoming.request.permission == request.permission)
            #expect(incoming.request.currentObjectVersions.isEmpty)
            #expect(incoming.secondsLeft > 1800 && incoming.secondsLeft < 7200)
            #expect(response.files.map(\.path) == ["a", "d/ü"])
            #expect(response.files.map(\.mode) == [0o400, 0])
            #expect(response.files.map(\.contents) == [binary, []])
            #expect(response.objectVersions.map(\.id) == ["secret/a", "key/b"])
            #expect(response.objectVersions.map(\.version) == ["x", ""])
            #expect(response.errorCode == "")
        }
    }

    @Test("an empty request reaches the handler")
    func emptyRequest() async throws {
        let seen = Mutex<MountRequestMessage?>(nil)
        let handler: RPCServer.Handler = { incoming in
            seen.withLock { $0 = incoming.request }
            return .file()
        }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            _ = try await fixture.client().mount(
                MountRequestMessage(attributes: [], secrets: [], targetPath: "", permission: ""))
            let request = try #require(seen.withLock { $0 })
            #expect(request.attributes.isEmpty && request.secrets.isEmpty && request.permission.isEmpty)
        }
    }

    @Test("Version returns the version that the server was started with")
    func version() async throws {
        try await withServer { (fixture: Fixture) async throws in
            #expect(try await fixture.client().version(timeout: testTimeout) == testVersion)
        }
    }

    private static let harmful = RPCCode.leavesEmptyVolume.union([.ok])

    @Test(
        "a handler's error arrives with its code and message",
        arguments: RPCCode.allCases.filter { !harmful.contains($0) })
    func errors(code: RPCCode) async throws {
        let expected = RPCStatus(code: code, message: "2 errors:\n(1) ü 😀 % \"x\"\n(2) y")
        try await withServer(handler: { _ throws(RPCStatus) in throw expected }) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let status = await status { () throws(RPCStatus) in try await client.mount(.plain) }
            #expect(status == expected)
        }
    }

    @Test("a code that would leave an empty volume, or that means success, becomes INTERNAL", arguments: harmful)
    func harmfulErrors(code: RPCCode) async throws {
        let thrown = RPCStatus(code: code, message: "why")
        try await withServer(handler: { _ throws(RPCStatus) in throw thrown }) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let status = await status { () throws(RPCStatus) in try await client.mount(.plain) }
            #expect(status == RPCStatus(code: .internal, message: "why"))
        }
    }

    @Test("a message of 6000 characters arrives complete")
    func longMessage() async throws {
        let expected = RPCStatus(code: .notFound, message: String(repeating: "0123456789", count: 600))
        try await withServer(handler: { _ throws(RPCStatus) in throw expected }) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let status = await status { () throws(RPCStatus) in try await client.mount(.plain) }
            #expect(status == expected)
        }
    }

    @Test("110 concurrent calls each get their own response")
    func concurrent() async throws {
        let log = HandlerLog()
        let handler: RPCServer.Handler = { incoming throws(RPCStatus) in
            try await log.wait()
            return .file(incoming.request.targetPath, incoming.request.attributes)
        }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            let client = fixture.client()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<110 {
                    group.addTask {
                        let contents = [UInt8](repeating: UInt8(index), count: 20_000)
                        let response = try await client.mount(
                            MountRequestMessage(
                                attributes: [UInt8](repeating: UInt8(index), count: index), secrets: contents,
                                targetPath: "\(index)", permission: "420"))
                        return response.files.first?.path == "\(index)" && response.files.first?.contents.count == index
                    }
                }
                // All calls are running before the first response.
                #expect(try await eventually { log.started == 110 })
                #expect(fixture.server.runningMounts == 110)
                log.open()
                for try await isCorrect in group { #expect(isCorrect) }
            }
            #expect(try await eventually { fixture.server.runningMounts == 0 })
        }
    }

    @Test("cancelling a call cancels the handler's task")
    func cancellation() async throws {
        let log = HandlerLog()
        let handler: RPCServer.Handler = { _ throws(RPCStatus) in
            try await log.wait()
            return .file()
        }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let call = Task { await status { () throws(RPCStatus) in try await client.mount(.plain) } }
            #expect(try await eventually { log.started == 1 })
            call.cancel()
            #expect(await call.value?.code == .cancelled)
            #expect(try await eventually { log.cancelled == 1 })
            #expect(try await eventually { fixture.server.runningMounts == 0 })
        }
    }

    @Test("a call that is cancelled before it starts ends with CANCELLED")
    func cancelledBefore() async throws {
        try await withServer { (fixture: Fixture) async throws in
            let client = fixture.client()
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await status { () throws(RPCStatus) in try await client.mount(.plain) }
            }
            #expect(await call.value?.code == .cancelled)
        }
    }

    @Test("the deadline of a call cancels the handler's task")
    func deadline() async throws {
        let log = HandlerLog()
        let handler: RPCServer.Handler = { _ throws(RPCStatus) in
            try await log.wait()
            return .file()
        }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            let client = fixture.client()
            // On a busy machine, a call may end before its handler starts.
            while log.started == 0 {
                let status = await status { () throws(RPCStatus) in
                    try await client.mount(.plain, timeout: .milliseconds(500))
                }
                #expect(status?.code == .deadlineExceeded)
            }
            #expect(try await eventually { log.cancelled == log.started })
            #expect(try await eventually { fixture.server.runningMounts == 0 })
        }
    }

    @Test("a request of 5 MiB is accepted")
    func largeRequest() async throws {
        let handler: RPCServer.Handler = { incoming in .file("a", Array("\(incoming.request.secrets.count)".utf8)) }
        try await withServer(handler: handler) { (fixture: Fixture) async throws in
            let secrets = [UInt8](repeating: 0x20, count: 5 << 20)
            let response = try await fixture.client().mount(
                MountRequestMessage(attributes: [], secrets: secrets, targetPath: "", permission: "420"))
            #expect(response.files.first?.contents == Array("\(5 << 20)".utf8))
        }
    }

    @Test("attributes that are not UTF-8 end the call with a code that is final for the kubelet")
    func invalidUTF8() async throws {
        try await withServer { (fixture: Fixture) async throws in
            let client = fixture.client()
            do throws(RPCStatus) {
                _ = try await client.mount(
                    MountRequestMessage(attributes: [0xFF, 0xFE], secrets: [], targetPath: "", permission: "420"))
            } catch {
                #expect(!RPCCode.leavesEmptyVolume.contains(error.code), "\(error)")
            }
            #expect(try await client.version(timeout: testTimeout) == testVersion)
        }
    }

    @Test("garbage on the socket does not affect later calls")
    func garbage() async throws {
        try await withServer { (fixture: Fixture) async throws in
            let client = fixture.client()
            _ = try await client.mount(.plain)
            var random = SeededRandom(seed: 7)
            let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            for round in 0..<20 {
                let socket = try RawSocket()
                try socket.connect(fixture.socketPath)
                let noise = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
                socket.send(round.isMultiple(of: 2) ? noise : preface + noise)
            }
            _ = try await client.mount(.plain)
            #expect(try await fixture.client().version(timeout: testTimeout) == testVersion)
        }
    }

    @Test("a handler that has waited continues on the server's executor")
    func executor() async throws {
        let executor = CountingExecutor()
        let server = try RPCServer.start(
            endpoint: .tcp(host: "127.0.0.1", port: 0), version: testVersion, executor: executor,
            handler: { _ in
                await Task.yield()
                return .file("t")
            })
        let client = RPCClient(endpoint: .tcp(host: "127.0.0.1", port: server.port))
        #expect(try await client.mount(.plain).files.map(\.path) == ["t"])
        #expect(executor.count > 0)
        await server.stop(grace: .zero)
    }

    @Test("a TCP endpoint with port 0 reports the port in use")
    func tcp() async throws {
        let server = try RPCServer.start(
            endpoint: .tcp(host: "127.0.0.1", port: 0), version: testVersion, handler: { _ in .file("t") })
        #expect(server.port > 0)
        let client = RPCClient(endpoint: .tcp(host: "127.0.0.1", port: server.port))
        #expect(try await client.mount(.plain).files.map(\.path) == ["t"])
        #expect(throws: ListenError.self) {
            try RPCServer.start(
                endpoint: .tcp(host: "127.0.0.1", port: server.port), version: testVersion, handler: { _ in .file() })
        }
        await server.stop(grace: .zero)
    }
}
