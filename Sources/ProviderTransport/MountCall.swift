internal import AsyncSupport
internal import CProviderTransport
internal import Synchronization

/// The gRPC side of one Mount call: valid until `akv_call_finish`, after which `MountCall` does not use it.
struct CallHandle: @unchecked Sendable {
    // Unchecked because the pointer goes from gRPC's thread to the one task that finishes the call.
    let raw: OpaquePointer
}

/// One Mount call from its arrival to its end.
///
/// It runs the handler in a task of its own, cancels the task when the call ends early, and finishes the call exactly
/// once.
final class MountCall: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isFinished = false
        /// The part of the response memory budget that the call holds until it is over.
        var acquiredBytes = 0
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
            request: MountRequestMessage(copying: handle.raw), secondsLeft: akv_call_seconds_left(handle.raw))
        let arrival = ContinuousClock.now
        // The task runs on gRPC's thread until it first waits: a mount that is served from memory needs no other thread.
        let task = Task.immediate(executorPreference: server.executor) {
            do throws(RPCStatus) {
                let response = try await server.handler(incoming)
                let bytes = response.encodedSize
                let elapsed = ContinuousClock.now - arrival
                let timeout = Self.budgetTimeout(secondsLeft: incoming.secondsLeft, elapsed: elapsed)
                guard await server.budget.acquire(bytes, timeout: timeout) else {
                    throw RPCStatus(
                        code: .internal,
                        message: "no memory for this volume's content: the driver did not read the responses for other "
                            + "volumes in time; the kubelet will retry the mount")
                }
                let isSent = finish { handle in
                    state.withLock { $0.acquiredBytes = bytes }
                    response.send(on: handle.raw, size: bytes)
                }
                if !isSent { server.budget.release(bytes) }
            } catch {
                fail(error)
            }
        }
        let isFinished = state.withLock { state in
            state.task = task
            return state.isFinished
        }
        if isFinished { task.cancel() }
    }

    /// Ends the call with `status` and cancels its handler.
    func cancel(_ status: RPCStatus) {
        fail(status)
        state.withLock { $0.task }?.cancel()
    }

    /// Ends the call with `status`. Codes that the driver would take for a success, or that would leave an empty volume
    /// behind, become INTERNAL here, whatever the handler throws.
    func fail(_ status: RPCStatus) {
        let isHarmful = status.code == .ok || RPCCode.leavesEmptyVolume.contains(status.code)
        let code = isHarmful ? RPCCode.internal : status.code
        finish { handle in
            status.message.withBorrowed { akv_call_finish(handle.raw, code.rawValue, $0) }
        }
    }

    /// gRPC does not use the call any more.
    func end() {
        server.remove(self)
        let bytes = state.withLock { $0.acquiredBytes }
        if bytes > 0 { server.budget.release(bytes) }
    }

    /// How long a response may wait for memory, so that an error still reaches the client before its deadline.
    private static func budgetTimeout(secondsLeft: Double, elapsed: Duration) -> Duration {
        let left = secondsLeft - elapsed.inSeconds
        return .clamped(seconds: left - min(5, left / 2))
    }

    /// Calls `send` if the call is not finished yet; returns whether it did.
    @discardableResult
    private func finish(_ send: (CallHandle) -> Void) -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
        if isFirst { send(handle) }
        return isFirst
    }
}
