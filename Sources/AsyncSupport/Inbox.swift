public import Synchronization

/// Events of several sources, in order of their arrival, for one task that handles them.
///
/// The task wakes up once for all events that arrive while it is busy, so a burst of events needs only one thread
/// switch.
///
/// The type is public, because the compiler does not specialize types of `package` level for other modules.
public final class Inbox<Event: Sendable>: Sendable {
    @usableFromInline struct State {
        @usableFromInline var events: [Event] = []
        @usableFromInline var continuation: CheckedContinuation<Void, Never>?

        @usableFromInline init() {}
    }

    @usableFromInline let state = Mutex(State())

    @inlinable public init() {}

    /// Adds an event. It can be called from any thread.
    @inlinable public func append(_ event: Event) {
        let continuation = state.withLock { state in
            state.events.append(event)
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }

    /// Waits for events, and returns all that have arrived since the last call. Only one task can wait at a time. If
    /// that task must end when it is cancelled, its cancellation handler has to append an event.
    @inlinable public func next() async -> [Event] {
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

    /// Returns all events that have arrived since the last call, without waiting.
    @inlinable public func removeAll() -> [Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}
