/// The open connections of an endpoint, at most `limit`.
///
/// A new connection is always admitted. If the table is full, the table closes a connection of the address that holds
/// the most: the one that has waited longest for a request, or, if none is waiting, the oldest. A client that holds
/// many connections therefore loses its own, and probes and scrapes from other addresses keep working.
struct ConnectionTable {
    private struct Entry {
        var address: String
        /// The position of the connection's admission or of its last response in the table's own sequence.
        var turn: UInt64
        var isBusy: Bool
    }

    private let limit: Int
    private var entries: [UInt64: Entry] = [:]
    private var turns: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    /// Adds a connection from `address`. Returns its number, and the number of the connection that the caller has to
    /// close for it. The table counts that one as closed already.
    mutating func admit(from address: String) -> (number: UInt64, evicted: UInt64?) {
        let evicted = entries.count >= limit ? victim : nil
        if let evicted { entries[evicted] = nil }
        turns += 1
        entries[turns] = Entry(address: address, turn: turns, isBusy: false)
        return (turns, evicted)
    }

    /// Records whether the connection has a request to answer or waits for the next one.
    mutating func set(_ number: UInt64, isBusy: Bool) {
        guard entries[number] != nil else { return }
        turns += 1
        entries[number]?.turn = turns
        entries[number]?.isBusy = isBusy
    }

    mutating func remove(_ number: UInt64) {
        entries[number] = nil
    }

    private var victim: UInt64? {
        let counts = entries.values.reduce(into: [:]) { $0[$1.address, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        return entries.filter { counts[$0.value.address] == most }
            .min { ($0.value.isBusy ? 1 : 0, $0.value.turn) < ($1.value.isBusy ? 1 : 0, $1.value.turn) }?.key
    }
}
