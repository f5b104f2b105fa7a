internal import CProviderTransport
internal import Dispatch
internal import Synchronization

/// Answers one Mount. It runs in a task that is cancelled when the caller gives up.
package typealias MountHandler = @Sendable (IncomingMount) async throws(RPCStatus) -> MountAnswerMessage

/// A Mount request with what is known of the call that brought it.
package struct IncomingMount: Sendable {
    package var request: MountRequestMessage
    /// Seconds until the caller gives up; infinite when it set no deadline.
    package var secondsLeft: Double

    package init(request: MountRequestMessage, secondsLeft: Double) {
        self.request = request
        self.secondsLeft = secondsLeft
    }
}

/// Bytes that can be lent without being copied into a Swift collection first.
package protocol LendableBytes: Sendable {
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

/// The answer to a Mount: the volume's whole content.
package struct MountAnswerMessage: Sendable {
    package struct File: Sendable {
        package var path: String
        package var mode: Int32
        package var contents: any LendableBytes

        package init(path: String, mode: Int32, contents: any LendableBytes) {
            self.path = path
            self.mode = mode
            self.contents = contents
        }
    }

    package var files: [File]
    package var objectVersions: [ObjectVersionMessage]

    package init(files: [File], objectVersions: [ObjectVersionMessage]) {
        self.files = files
        self.objectVersions = objectVersions
    }
}

/// The provider protocol's server: Version, Mount and gRPC's health service on one endpoint.
package final class RPCServer: Sendable {
    /// The largest answer the driver takes by default. A larger one would fail there with
    /// RESOURCE_EXHAUSTED, which leaves an empty volume behind (observed driver behaviour).
    package static let maximumAnswerBytes = 4 << 20

    /// The most that may lie in answers which clients have not taken yet: four of the largest.
    package static let maximumUntakenBytes = 16 << 20

    /// The most connections that are open at once; further clients wait until one of them ends.
    package static let maximumConnections = 256

    private struct Handle: @unchecked Sendable {
        // Unchecked because gRPC's server may be used from any thread.
        let raw: OpaquePointer
    }

    private let handle: Handle
    private let core: ServerCore
    private let isStopped = Mutex(false)

    private init(handle: Handle, core: ServerCore, port: Int) {
        self.handle = handle
        self.core = core
        self.port = port
    }

    deinit {
        if !isStopped.withLock({ $0 }) { akv_server_stop(handle.raw, 0) }
        akv_server_destroy(handle.raw)
        core.release()
    }

    /// Listens on `endpoint` and serves until `stop`.
    package static func start(
        endpoint: Endpoint,
        identity: ProviderIdentity,
        handler: @escaping MountHandler
    ) throws(ListenError) -> RPCServer {
        let listening = try ListeningSockets.open(endpoint)
        let core = ServerCore(handler: handler)
        let handlers = core.handlers()
        let raw = identity.withBorrowed { version in
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

    /// The TCP port in use, or 0 for a unix socket.
    package let port: Int

    /// The number of Mounts under way.
    package var runningMounts: Int { core.count }

    /// Begins no more Mounts and lets those that run finish for up to `grace`; those that are left then are answered
    /// INTERNAL, which the kubelet retries. Then the connections break and the socket file goes.
    package func stop(grace: Duration) async {
        let isFirst = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        await drain(patience: grace)
    }

    /// Blocks a thread of its own. A global queue would not do: on Linux Swift's tasks run on the same
    /// few threads, and the mounts that are waited for could not go on.
    private func drain(patience: Duration) async {
        let seconds = Double(patience.components.seconds) + Double(patience.components.attoseconds) * 1e-18
        let handle = handle
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "akv-csi.stop").async {
                akv_server_stop(handle.raw, seconds)
                continuation.resume()
            }
        }
    }
}

extension ProviderIdentity {
    fileprivate func withBorrowed(_ body: (akv_version_info) -> OpaquePointer?) -> OpaquePointer? {
        Array(version.utf8).withBorrowed { version in
            Array(runtimeName.utf8).withBorrowed { name in
                Array(runtimeVersion.utf8).withBorrowed { build in
                    body(akv_version_info(version: version, runtime_name: name, runtime_version: build))
                }
            }
        }
    }
}
