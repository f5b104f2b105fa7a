internal import AsyncSupport
internal import CProviderTransport
internal import Dispatch
internal import Synchronization

/// The server of the provider protocol: Version, Mount and gRPC's health service on one endpoint.
///
/// All its members may be used from any thread.
package final class RPCServer: Sendable {
    /// The largest response that the driver accepts by default, in bytes. The driver fails on a larger one with
    /// RESOURCE_EXHAUSTED, which leaves an empty volume behind (observed driver behaviour).
    package static let maximumResponseBytes = 4 << 20

    /// The most bytes that may be in responses which clients have not read yet: four of the largest responses.
    package static let maximumPendingResponseBytes = 16 << 20

    /// The most connections that are open at the same time. Further clients wait until one of them ends.
    package static let maximumConnections = 256

    private struct Handle: @unchecked Sendable {
        // Unchecked because the handle is used by one thread at a time: by `stop`, and then by `deinit`.
        let raw: OpaquePointer
    }

    /// The TCP port in use, or 0 for a unix socket.
    package let port: Int

    private let handle: Handle
    private let core: ServerCore
    private let isStopped = Mutex(false)

    private init(handle: Handle, core: ServerCore, port: Int) {
        self.handle = handle
        self.core = core
        self.port = port
    }

    /// Stops the server without a grace period if `stop` was not called.
    deinit {
        if !isStopped.withLock({ $0 }) { akv_server_stop(handle.raw, 0) }
        akv_server_destroy(handle.raw)
        core.release()
    }

    /// Listens on `endpoint` and serves until `stop`.
    ///
    /// A stale socket file is replaced, and only the owner may connect to the new one (mode 0700). Resolving the host of
    /// a TCP endpoint blocks the thread.
    ///
    /// - Parameters:
    ///   - version: The response to Version.
    ///   - executor: The executor on which a handler continues after it has waited; nil for Swift's own threads. A handler
    ///     begins on a thread of gRPC.
    ///   - handler: Handles the Mount calls, several at the same time.
    /// - Throws: `ListenError` with the reason, for the operator.
    package static func start(
        endpoint: Endpoint,
        version: ProviderVersion,
        executor: (any TaskExecutor)? = nil,
        handler: @escaping RPCServer.Handler
    ) throws(ListenError) -> RPCServer {
        let listening = try ListeningSockets.open(endpoint)
        let core = ServerCore(handler: handler, executor: executor)
        let handlers = core.handlers()
        let raw = version.withBorrowed { version in
            akv_server_start(
                listening.descriptors, listening.descriptors.count, listening.path, maximumConnections, version,
                handlers)
        }
        guard let raw else {
            core.release()
            throw ListenError(description: "cannot serve on \(endpoint): gRPC could not start")
        }
        return RPCServer(handle: Handle(raw: raw), core: core, port: listening.port)
    }

    /// The number of running Mount calls.
    package var runningMounts: Int { core.count }

    /// Stops the server, and returns when it has stopped.
    ///
    /// New Mount calls get no response from now on. Running calls may finish during the grace period; those that are
    /// left then end with INTERNAL, which the kubelet retries. Then all connections break, which clients see as
    /// UNAVAILABLE, and the socket file is removed. Only the first call does this; others return immediately.
    package func stop(grace: Duration) async {
        let isFirst = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        let handle = handle
        await withCheckedContinuation { continuation in
            // On a thread of its own, because it blocks. A global queue shares its few threads with Swift's tasks, and
            // the calls that the server waits for could not go on.
            DispatchQueue(label: "akv-csi.stop").async {
                akv_server_stop(handle.raw, grace.inSeconds)
                continuation.resume()
            }
        }
    }
}
