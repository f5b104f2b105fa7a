internal import NIOCore
internal import Synchronization

/// The channels of an endpoint's connections. `ConnectionTable` decides which of them stay open.
final class OpenConnections: Sendable {
    private struct State {
        var table: ConnectionTable
        var channels: [UInt64: any Channel] = [:]
    }

    private let state: Mutex<State>

    init(limit: Int) {
        state = Mutex(State(table: ConnectionTable(limit: limit)))
    }

    /// Adds a connection and returns its number. If there are too many connections, it closes another one.
    func admit(_ channel: any Channel) -> UInt64 {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let (number, evicted): (UInt64, (any Channel)?) = state.withLock { state in
            let (number, evicted) = state.table.admit(from: address)
            state.channels[number] = channel
            return (number, evicted.flatMap { state.channels.removeValue(forKey: $0) })
        }
        evicted?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in self.remove(number) }
        return number
    }

    func set(_ number: UInt64, isBusy: Bool) {
        state.withLock { $0.table.set(number, isBusy: isBusy) }
    }

    private func remove(_ number: UInt64) {
        state.withLock { state in
            state.table.remove(number)
            state.channels[number] = nil
        }
    }
}
