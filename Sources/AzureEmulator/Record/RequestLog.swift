package import Foundation
internal import Synchronization

/// The last requests that Entra, the vaults and the node's services answered. An entry never contains a
/// secret's value or a token.
package final class RequestLog: Sendable {
    /// One request and its result.
    package struct Entry: Codable, Sendable {
        /// The number of the request, counted from 1.
        package var id: Int
        /// The time of the request by the emulator's clock.
        package var time: Date
        /// The name of the caller's identity; empty if the request does not identify the caller.
        package var who: String
        package var method: String
        package var host: String
        /// The URL's path without the query.
        package var path: String
        /// The HTTP status; 0 if the connection ended without a response.
        package var status: Int
        package var milliseconds: Double
    }

    /// The entries after the last one that a reader has seen.
    package struct Page: Codable, Sendable {
        package var entries: [Entry]
        /// The number of the newest request, from which the reader continues.
        package var next: Int
    }

    /// How many entries a reader can get.
    static let capacity = 2000

    private struct State {
        var next = 1
        var entries: [Entry] = []
    }

    private let state = Mutex(State())

    /// Adds an entry and gives it the next number.
    func add(_ entry: Entry) {
        state.withLock { state in
            var entry = entry
            entry.id = state.next
            state.next += 1
            // Old entries are removed in blocks, so that most requests do not move the array.
            if state.entries.count >= 2 * Self.capacity { state.entries.removeFirst(Self.capacity) }
            state.entries.append(entry)
        }
    }

    /// The entries with a number above `id`, among the last `capacity` ones.
    func page(after id: Int) -> Page {
        state.withLock { state in
            // A reader with a larger number has read from an emulator that ran before this one.
            let id = id >= state.next ? 0 : id
            let first = max(0, state.entries.count - Self.capacity)
            return Page(entries: state.entries[first...].filter { $0.id > id }, next: state.next - 1)
        }
    }
}

/// Carries the caller's identity from the service that recognises it to the request log.
final class CallerNote: Sendable {
    private let name = Mutex("")

    /// The name of the caller's identity; empty until a service sets it.
    var identity: String { name.withLock { $0 } }

    func set(identity: String) { name.withLock { $0 = identity } }
}
