import Testing

@testable import CSIProvider

@Suite("The connections of an endpoint")
struct ConnectionTableTests {
    @Test("all connections are kept below the limit")
    func room() {
        var table = ConnectionTable(limit: 3)
        #expect((0..<3).allSatisfy { _ in table.admit(from: "a").evicted == nil })
        #expect(table.count == 3)
    }

    @Test("the limit is never exceeded: the connection that has waited longest is closed first")
    func limit() {
        var table = ConnectionTable(limit: 3)
        let numbers = (0..<3).map { _ in table.admit(from: "a").number }
        table.set(numbers[0], isBusy: true)
        table.set(numbers[0], isBusy: false)
        #expect(table.admit(from: "a").evicted == numbers[1])
        #expect(table.admit(from: "a").evicted == numbers[2])
        #expect(table.admit(from: "a").evicted == numbers[0])
        #expect(table.count == 3)
    }

    @Test("a connection with a request is closed only if all others of its address have a request too")
    func busy() {
        var table = ConnectionTable(limit: 2)
        let numbers = (0..<2).map { _ in table.admit(from: "a").number }
        table.set(numbers[0], isBusy: true)
        #expect(table.admit(from: "a").evicted == numbers[1])
    }

    @Test("connections of other addresses are kept when one address has the most")
    func addresses() {
        var table = ConnectionTable(limit: 8)
        let kubelet = table.admit(from: "kubelet").number
        let scraper = table.admit(from: "scraper").number
        let evicted = (0..<9000).compactMap { _ in table.admit(from: "pod").evicted }
        #expect(evicted.count == 9000 - 6)
        #expect(!evicted.contains(kubelet) && !evicted.contains(scraper))
        #expect(table.admit(from: "kubelet").evicted.map { $0 != kubelet && $0 != scraper } == true)
    }

    @Test("ended connections make room")
    func removal() {
        var table = ConnectionTable(limit: 1)
        let first = table.admit(from: "a").number
        table.remove(first)
        #expect(table.admit(from: "a").evicted == nil)
        // A late event of an ended connection has no effect.
        table.set(first, isBusy: true)
        #expect(table.count == 1)
    }
}
