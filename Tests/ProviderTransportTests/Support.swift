import Foundation
import ProviderTransport
import Synchronization
import TestSupport
import Testing

/// The timeout of a call that gets an immediate response. Only failing tests reach it.
let testTimeout = Duration.seconds(300)

/// Bytes of a response that are not secret.
struct PlainBytes: LendableBytes {
    var bytes: [UInt8]

    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes(body)
    }
}

extension MountResponseMessage {
    /// One file and its version.
    static func file(_ path: String = "a", _ contents: [UInt8] = [], mode: Int32 = 0o644) -> MountResponseMessage {
        MountResponseMessage(
            files: [File(path: path, mode: mode, contents: PlainBytes(bytes: contents))],
            objectVersions: [ObjectVersionMessage(id: "secret/a", version: "1")])
    }
}

extension MountRequestMessage {
    static let plain = MountRequestMessage(
        attributes: Array("{}".utf8), secrets: Array("null".utf8), targetPath: "/target", permission: "420")
}

let testVersion = ProviderVersion(version: "v1alpha1", runtimeName: "akv-csi", runtimeVersion: "v0.0.1")

/// A server on its own socket.
struct Fixture {
    let directory: TemporaryDirectory
    let endpoint: Endpoint
    let server: RPCServer

    init(in existing: TemporaryDirectory? = nil, handler: @escaping RPCServer.Handler) throws {
        directory = try existing ?? TemporaryDirectory()
        endpoint = .unix(path: directory.file("azure.sock"))
        server = try RPCServer.start(endpoint: endpoint, version: testVersion, handler: handler)
    }

    var socketPath: String { directory.file("azure.sock") }

    func client() -> RPCClient { RPCClient(endpoint: endpoint) }
}

/// Starts a server, runs `body` with it and stops it. By default it responds to every Mount immediately.
func withServer(
    handler: @escaping RPCServer.Handler = { _ in .file() }, _ body: (Fixture) async throws -> Void
) async throws {
    let fixture = try Fixture(handler: handler)
    do {
        try await body(fixture)
    } catch {
        await fixture.server.stop(grace: .zero)
        throw error
    }
    await fixture.server.stop(grace: .zero)
}

/// The status with which `call` fails; records an issue if it succeeds.
func status<Result: Sendable>(of call: () async throws(RPCStatus) -> Result) async -> RPCStatus? {
    do throws(RPCStatus) {
        _ = try await call()
        Issue.record("the call succeeded")
        return nil
    } catch {
        return error
    }
}

/// Records the calls of a handler, and holds them until `open`.
final class HandlerLog: Sendable {
    private struct State {
        var started = 0
        var cancelled = 0
        var isOpen = false
    }

    private let state = Mutex(State())

    var started: Int { state.withLock { $0.started } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    /// Lets every waiting call continue.
    func open() { state.withLock { $0.isOpen = true } }

    /// Waits in a handler until `open`, or throws when its task is cancelled.
    func wait() async throws(RPCStatus) {
        state.withLock { $0.started += 1 }
        do {
            guard try await eventually({ self.state.withLock { $0.isOpen } }) else {
                throw RPCStatus(code: .internal, message: "the log was not opened in time")
            }
        } catch let error as RPCStatus {
            throw error
        } catch {
            state.withLock { $0.cancelled += 1 }
            throw RPCStatus(code: .internal, message: "cancelled")
        }
    }
}

/// The type and permission bits of a file, nil if it does not exist.
func fileMode(_ path: String) -> UInt32? {
    var information = stat()
    return lstat(path, &information) == 0 ? information.st_mode : nil
}

/// A raw unix socket, for requests that a gRPC client would not send.
final class RawSocket: Sendable {
    let descriptor: Int32

    init() throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallError(operation: "socket", number: errno) }
    }

    deinit {
        close(descriptor)
    }

    private func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    func bind(_ path: String) throws {
        guard withAddress(path, { Foundation.bind(descriptor, $0, $1) }) == 0 else {
            throw SystemCallError(operation: "bind", number: errno)
        }
    }

    func connect(_ path: String) throws {
        guard withAddress(path, { Foundation.connect(descriptor, $0, $1) }) == 0 else {
            throw SystemCallError(operation: "connect", number: errno)
        }
    }

    /// Whether a read would return immediately, with bytes or with the end of the connection.
    var isReadable: Bool {
        var descriptor = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    /// Reads the bytes that have arrived. True if the other side has ended the connection.
    var hasEnded: Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    /// Sends, and ignores that the other side may have ended the connection.
    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
