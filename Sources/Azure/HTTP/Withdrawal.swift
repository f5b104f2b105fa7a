internal import Synchronization

/// Withdraws the requests of a batch that have not been sent. All members can be used from any thread.
package final class Withdrawal: Sendable {
    private let state = Atomic(false)

    init() {}

    func withdraw() { state.store(true, ordering: .relaxed) }

    var isWithdrawn: Bool { state.load(ordering: .relaxed) }
}
