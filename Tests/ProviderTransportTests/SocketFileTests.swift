import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ProviderTransport

@Suite("The socket file", .timeLimit(.minutes(20)))
struct SocketFileTests {
    private static func listen(on path: String) throws -> RPCServer {
        try RPCServer.start(endpoint: .unix(path: path), version: testVersion, handler: { _ in .file() })
    }

    private static func failure(on path: String) -> String? {
        #expect(throws: ListenError.self) { try listen(on: path) }?.description
    }

    @Test("only the owner may connect, and a stop removes the file")
    func mode() async throws {
        let fixture = try Fixture { _ in .file() }
        let mode = try #require(fileMode(fixture.socketPath))
        #expect(mode & S_IFMT == S_IFSOCK)
        #expect(mode & 0o777 == 0o700)
        await fixture.server.stop(grace: .zero)
        #expect(fileMode(fixture.socketPath) == nil)
    }

    @Test("a socket without a listening process is replaced")
    func stale() async throws {
        let directory = try TemporaryDirectory()
        do {
            let socket = try RawSocket()
            try socket.bind(directory.file("azure.sock"))
        }
        #expect(fileMode(directory.file("azure.sock")) != nil)
        let fixture = try Fixture(in: directory) { _ in .file() }
        #expect(try await fixture.client().version(timeout: testTimeout) == testVersion)
        await fixture.server.stop(grace: .zero)
    }

    @Test("a socket with a listening process is left alone")
    func live() async throws {
        try await withServer { (fixture: Fixture) async throws in
            let failure = Self.failure(on: fixture.socketPath)
            #expect(failure?.contains("another process is listening on \(fixture.socketPath)") == true)
            #expect(try await fixture.client().version(timeout: testTimeout) == testVersion)
        }
    }

    @Test("a file that is not a socket is never replaced", arguments: ["file", "directory", "symlink", "dangling"])
    func foreign(kind: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("azure.sock")
        switch kind {
        case "file": try directory.write("mine".utf8, to: "azure.sock")
        case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "symlink":
            try directory.write("mine".utf8, to: "other")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: directory.file("other"))
        default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/at/all")
        }
        let before = fileMode(path)
        #expect(before != nil)
        #expect(Self.failure(on: path)?.contains("exists and is not a socket") == true)
        #expect(fileMode(path) == before)
        if kind == "file" { #expect(try directory.read("azure.sock") == Array("mine".utf8)) }
    }

    @Test("a client can connect as soon as the file exists")
    func readiness() async throws {
        let directory = try TemporaryDirectory()
        for number in 0..<500 {
            let path = directory.file("\(number).sock")
            let (outcome, delivery) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
            let isOver = Atomic(false)
            let thread = Thread {
                let result = Result {
                    let socket = try RawSocket()
                    while fileMode(path) == nil, !isOver.load(ordering: .relaxed) {}
                    try socket.connect(path)
                }
                delivery.yield(result)
            }
            thread.start()
            defer { isOver.store(true, ordering: .relaxed) }
            let server = try Self.listen(on: path)
            try await outcome.first { _ in true }?.get()
            await server.stop(grace: .zero)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("servers whose sockets are in one directory do not disturb each other")
    func neighbours() async throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<50 {
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        let server = try Self.listen(on: directory.file("\(number).sock"))
                        await server.stop(grace: .zero)
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test(
        "the name before the socket listens is another one, and not longer",
        arguments: ["~", "a", "~a", "é", "azure.sock"])
    func temporaryName(_ name: String) {
        for process in Int32(1)...1000 {
            let path = SocketFile.temporaryPath(for: "/run/\(name)", of: process)
            #expect(path.hasPrefix("/run/") && path != "/run/\(name)")
            #expect(path.utf8.count <= "/run/\(name)".utf8.count)
        }
        let paths = (Int32(1)...1000).map { SocketFile.temporaryPath(for: "/run/azure.sock", of: $0) }
        #expect(Set(paths).count == 1000)
    }

    @Test("a path of 107 bytes works, and a longer one is refused with the reason")
    func length() async throws {
        let directory = try TemporaryDirectory()
        let longest = directory.file(String(repeating: "s", count: 106 - directory.path.utf8.count))
        #expect(longest.utf8.count == 107)
        let server = try Self.listen(on: longest)
        #expect(try await RPCClient(endpoint: .unix(path: longest)).version(timeout: testTimeout) == testVersion)
        await server.stop(grace: .zero)
        #expect(
            Self.failure(on: longest + "s")
                == "socket path has 108 bytes, the kernel accepts at most 107: \(longest)s")
    }

    @Test("the error for a missing directory names it")
    func missingDirectory() throws {
        let directory = try TemporaryDirectory()
        let failure = Self.failure(on: directory.file("no/azure.sock"))
        #expect(
            failure
                == "cannot listen on unix://\(directory.file("no/azure.sock")): directory \(directory.file("no")) does not exist"
        )
    }

    @Test("a file instead of the directory has its own error")
    func noDirectory() throws {
        let directory = try TemporaryDirectory()
        try directory.write([], to: "file")
        #expect(Self.failure(on: directory.file("file/azure.sock"))?.contains("Not a directory") == true)
    }

    @Test("a path may contain characters with a meaning in URLs", arguments: ["a b", "a%20b", "a?b", "a#b", "é"])
    func unusualCharacters(name: String) async throws {
        let directory = try TemporaryDirectory()
        let server = try Self.listen(on: directory.file(name))
        #expect(fileMode(directory.file(name)) != nil)
        let client = RPCClient(endpoint: .unix(path: directory.file(name)))
        #expect(try await client.version(timeout: testTimeout) == testVersion)
        await server.stop(grace: .zero)
        #expect(fileMode(directory.file(name)) == nil)
    }
}
