package import Foundation
internal import Synchronization

/// The requests that Entra, the vaults and the node's services answered, without a value or a token in it.
package final class RequestLog: Sendable {
    /// One request and what became of it.
    package struct Entry: Codable, Sendable {
        /// Counted from 1.
        package var id: Int
        /// By the emulator's clock.
        package var time: Date
        /// An identity's name; empty when the caller is not known.
        package var who: String
        package var method: String
        package var host: String
        /// Without its query.
        package var path: String
        /// 0 when the connection ended without an answer.
        package var status: Int
        package var milliseconds: Double
    }

    /// What a reader gets: the entries after those it has, and where to go on.
    package struct Page: Codable, Sendable {
        package var entries: [Entry]
        package var next: Int
    }

    private static let capacity = 2000

    private struct State {
        var next = 1
        var entries: [Entry] = []
    }

    private let state = Mutex(State())

    func add(_ entry: Entry) {
        state.withLock { state in
            var entry = entry
            entry.id = state.next
            state.next += 1
            // In blocks, so that most requests move nothing.
            if state.entries.count >= 2 * Self.capacity { state.entries.removeFirst(Self.capacity) }
            state.entries.append(entry)
        }
    }

    /// The entries that came after the one called `id`, of the last 2,000.
    func page(after id: Int) -> Page {
        state.withLock { state in
            // A reader that saw more than there is has seen an emulator before this one.
            let id = id >= state.next ? 0 : id
            let first = max(0, state.entries.count - Self.capacity)
            return Page(entries: state.entries[first...].filter { $0.id > id }, next: state.next - 1)
        }
    }
}

/// What a service finds out about a request on its way to the log.
final class RequestNote: Sendable {
    private let name = Mutex("")

    var who: String { name.withLock { $0 } }

    func set(who: String) { name.withLock { $0 = who } }
}
