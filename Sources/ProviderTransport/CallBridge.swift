internal import CProviderTransport
internal import Synchronization

/// The gRPC side of one Mount call. Valid until `akv_call_finish`; `MountCall` sees to it that
/// nothing touches it afterwards.
struct CallHandle: @unchecked Sendable {
    // Unchecked because the pointer is handed from gRPC's thread to exactly one answering party.
    let raw: OpaquePointer
}

/// One Mount call between its arrival and its end: runs the handler in a task of its own, cancels it
/// when the caller leaves, and makes sure that there is exactly one answer.
final class MountCall: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isAnswered = false
        /// The room that its answer takes until it has been taken.
        var bytes = 0
    }

    private let handle: CallHandle
    private let server: ServerCore
    private let state = Mutex(State())

    init(handle: CallHandle, server: ServerCore) {
        self.handle = handle
        self.server = server
    }

    func start() {
        let incoming = IncomingMount(
            request: MountRequestMessage(reading: handle), secondsLeft: akv_call_seconds_left(handle.raw))
        let arrival = ContinuousClock.now
        // At once on gRPC's thread, as far as it comes without waiting: a mount that is answered from memory
        // needs no other thread to wake up.
        let task = Task.immediate {
            do throws(RPCStatus) {
                let answer = try await server.handler(incoming)
                let bytes = answer.estimatedSize
                let waited = ContinuousClock.now - arrival
                guard await server.room.enter(bytes, within: Self.patience(incoming.secondsLeft, waited)) else {
                    throw RPCStatus(
                        code: .internal,
                        message:
                            "the volume's content waited in vain for other pods' contents to be taken by the driver")
                }
                let isSent = self.answer { handle in
                    state.withLock { $0.bytes = bytes }
                    answer.send(on: handle)
                }
                if !isSent { server.room.leave(bytes) }
            } catch {
                fail(error)
            }
        }
        let isAnswered = state.withLock { state in
            state.task = task
            return state.isAnswered
        }
        if isAnswered { task.cancel() }
    }

    /// Ends the call at once with `status`, whatever its handler is doing.
    func abandon(_ status: RPCStatus) {
        fail(status)
        state.withLock { $0.task }?.cancel()
    }

    /// The last place that a failure's code passes: whatever the handler says, none leaves that would be
    /// taken for a success or leave an empty volume behind.
    func fail(_ status: RPCStatus) {
        let isHarmful = status.code == .ok || RPCCode.leavesEmptyVolume.contains(status.code)
        let code = isHarmful ? RPCCode.internal : status.code
        answer { handle in
            status.message.withBytes { akv_call_finish(handle.raw, code.rawValue, $0) }
        }
    }

    /// How long an answer may wait: the caller must still hear that it was in vain.
    private static func patience(_ secondsLeft: Double, _ waited: Duration) -> Double {
        let left = secondsLeft - Double(waited.components.seconds) - Double(waited.components.attoseconds) * 1e-18
        return left - min(5, left / 2)
    }

    /// Runs `send` for the first answer and drops every later one; returns whether it was the first.
    @discardableResult
    private func answer(_ send: (CallHandle) -> Void) -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isAnswered = true }
            return !state.isAnswered
        }
        if isFirst { send(handle) }
        return isFirst
    }
}

/// What the server's callbacks reach: the handler and the calls under way.
final class ServerCore: Sendable {
    let handler: MountHandler
    let room = AnswerRoom(capacity: RPCServer.maximumUntakenBytes)
    private struct State {
        var calls: [ObjectIdentifier: MountCall] = [:]
        /// What calls are answered that come after the server's patience was over.
        var refusal: RPCStatus?
    }

    private let state = Mutex(State())

    init(handler: @escaping MountHandler) {
        self.handler = handler
    }

    var count: Int { state.withLock { $0.calls.count } }

    /// Ends all calls at once, and each that still arrives.
    func abandonAll(_ status: RPCStatus) {
        let calls = state.withLock { state in
            state.refusal = status
            return Array(state.calls.values)
        }
        for call in calls { call.abandon(status) }
    }

    fileprivate func add(_ call: MountCall) {
        let refusal = state.withLock { state in
            state.calls[ObjectIdentifier(call)] = call
            return state.refusal
        }
        if let refusal { call.fail(refusal) } else { call.start() }
    }

    /// The C callbacks. They hold the core until `release`.
    func handlers() -> akv_handlers {
        akv_handlers(
            context: Unmanaged.passRetained(self).toOpaque(),
            begin: { context, raw in
                let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
                let call = MountCall(handle: CallHandle(raw: raw), server: core)
                core.add(call)
                return Unmanaged.passRetained(call).toOpaque()
            },
            expire: { context in
                Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().abandonAll(
                    RPCStatus(
                        code: .internal,
                        message:
                            "the provider is shutting down and could not finish this mount; the kubelet will retry it"))
            },
            cancel: { context in
                // Nobody reads this status any more; it only ends the call on our side.
                Unmanaged<MountCall>.fromOpaque(context).takeUnretainedValue()
                    .abandon(RPCStatus(code: .internal, message: "the caller gave up"))
            },
            done: { context in
                let call = Unmanaged<MountCall>.fromOpaque(context).takeRetainedValue()
                call.forget()
            }
        )
    }

    /// Gives up the reference that `handlers` took for the callbacks, once none can come any more.
    func release() {
        Unmanaged.passUnretained(self).release()
    }

    fileprivate func remove(_ call: MountCall) {
        state.withLock { $0.calls[ObjectIdentifier(call)] = nil }
    }
}

extension MountCall {
    fileprivate func forget() {
        server.remove(self)
        let bytes = state.withLock { $0.bytes }
        if bytes > 0 { server.room.leave(bytes) }
    }
}

extension MountRequestMessage {
    fileprivate init(reading handle: CallHandle) {
        let request = akv_call_request(handle.raw)
        self.init(
            attributes: Array(copying: request.attributes),
            secrets: Array(copying: request.secrets),
            targetPath: String(copying: request.target_path),
            permission: String(copying: request.permission),
            currentObjectVersions: (0..<akv_call_object_version_count(handle.raw)).map { index in
                ObjectVersionMessage(copying: akv_call_object_version(handle.raw, index))
            }
        )
    }
}

extension ObjectVersionMessage {
    init(copying object: akv_object_version) {
        self.init(id: String(copying: object.id), version: String(copying: object.version))
    }

    func withBorrowed(_ body: (akv_object_version) -> Void) {
        id.withBytes { id in version.withBytes { body(akv_object_version(id: id, version: $0)) } }
    }
}

extension MountAnswerMessage {
    /// What the answer will take, but for some bytes for each file.
    fileprivate var estimatedSize: Int {
        files.reduce(objectVersions.count * 64) { sum, file in
            var size = file.path.utf8.count
            file.contents.withBytes { size += $0.count }
            return sum + size
        }
    }

    fileprivate func send(on handle: CallHandle) {
        let call = handle.raw
        for file in files {
            file.path.withBytes { path in
                file.contents.withBytes {
                    akv_call_add_file(call, akv_file(path: path, mode: file.mode, contents: akv_bytes($0)))
                }
            }
        }
        for object in objectVersions { object.withBorrowed { akv_call_add_object_version(call, $0) } }
        let size = akv_call_response_size(call)
        guard size <= RPCServer.maximumAnswerBytes else {
            let message =
                "the answer has \(size) bytes, the driver takes \(RPCServer.maximumAnswerBytes): mount fewer objects per volume"
            message.withBytes { akv_call_finish(call, RPCCode.internal.rawValue, $0) }
            return
        }
        akv_call_finish(call, RPCCode.ok.rawValue, akv_bytes(base: nil, count: 0))
    }
}

// MARK: - Bytes

extension akv_bytes {
    init(_ buffer: UnsafeRawBufferPointer) {
        self.init(base: buffer.baseAddress?.assumingMemoryBound(to: CChar.self), count: buffer.count)
    }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}

extension String {
    init(copying bytes: akv_bytes) {
        self = String(decoding: bytes.buffer, as: UTF8.self)
    }

    func withBytes(_ body: (akv_bytes) -> Void) {
        var copy = self
        copy.withUTF8 { body(akv_bytes(UnsafeRawBufferPointer($0))) }
    }
}

extension [UInt8] {
    init(copying bytes: akv_bytes) {
        self.init(bytes.buffer)
    }

    func withBorrowed<Result>(_ body: (akv_bytes) -> Result) -> Result {
        withUnsafeBytes { body(akv_bytes($0)) }
    }
}
