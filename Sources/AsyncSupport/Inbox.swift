internal import Synchronization

/// Events of several sources, in order of arrival, for one task that handles them.
///
/// The task is woken once for all events that arrive while it is busy, so a burst costs one change of threads.
package final class Inbox<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds an event. May be called from any thread.
    package func append(_ event: Event) {
        let continuation = state.withLock { state in
            state.events.append(event)
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }

    /// All events that have arrived since the last call, at least one. One task may wait at a time. A task that must end
    /// when it is cancelled appends an event for that from its cancellation handler.
    package func next() async -> [Event] {
        await withCheckedContinuation { continuation in
            let hasEvents = state.withLock { state in
                if !state.events.isEmpty { return true }
                state.continuation = continuation
                return false
            }
            if hasEvents { continuation.resume() }
        }
        return removeAll()
    }

    /// All events that have arrived since the last call.
    package func removeAll() -> [Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}
