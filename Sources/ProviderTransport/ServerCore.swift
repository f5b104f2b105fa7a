internal import CProviderTransport
internal import Synchronization

/// What the server's C callbacks work with: the handler, the memory budget and the running calls.
final class ServerCore: Sendable {
    private struct State {
        var calls: [ObjectIdentifier: MountCall] = [:]
        /// The status of calls that arrive after the server's grace period.
        var refusal: RPCStatus?
    }

    let handler: RPCServer.Handler
    /// The executor that the handlers' tasks prefer.
    let executor: (any TaskExecutor)?
    let budget = ResponseMemoryBudget(capacity: RPCServer.maximumPendingResponseBytes)
    private let state = Mutex(State())

    init(handler: @escaping RPCServer.Handler, executor: (any TaskExecutor)?) {
        self.handler = handler
        self.executor = executor
    }

    var count: Int { state.withLock { $0.calls.count } }

    /// Ends all calls, now and on arrival.
    func cancelAll(_ status: RPCStatus) {
        let calls = state.withLock { state in
            state.refusal = status
            return Array(state.calls.values)
        }
        for call in calls { call.cancel(status) }
    }

    func remove(_ call: MountCall) {
        state.withLock { $0.calls[ObjectIdentifier(call)] = nil }
    }

    private func begin(_ call: MountCall) {
        let refusal = state.withLock { state in
            state.calls[ObjectIdentifier(call)] = call
            return state.refusal
        }
        if let refusal { call.fail(refusal) } else { call.start() }
    }

    /// The C callbacks. They hold a reference to the core until `release`.
    func handlers() -> akv_handlers {
        akv_handlers(
            context: Unmanaged.passRetained(self).toOpaque(),
            begin: { context, raw in
                let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
                let call = MountCall(handle: CallHandle(raw: raw), server: core)
                core.begin(call)
                return Unmanaged.passRetained(call).toOpaque()
            },
            expire: { context in
                Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().cancelAll(
                    RPCStatus(
                        code: .internal,
                        message:
                            "the provider is shutting down and could not finish this mount; the kubelet will retry it"))
            },
            cancel: { context in
                // The status reaches no client; it only finishes the call on this side.
                Unmanaged<MountCall>.fromOpaque(context).takeUnretainedValue()
                    .cancel(RPCStatus(code: .internal, message: "the client cancelled the call"))
            },
            done: { context in Unmanaged<MountCall>.fromOpaque(context).takeRetainedValue().end() }
        )
    }

    /// Releases the reference of the callbacks, after the last of them.
    func release() {
        Unmanaged.passUnretained(self).release()
    }
}
