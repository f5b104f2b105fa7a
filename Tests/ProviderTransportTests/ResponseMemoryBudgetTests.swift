import TestSupport
import Testing

@testable import ProviderTransport

@Suite("The memory budget of responses", .timeLimit(.minutes(20)))
struct ResponseMemoryBudgetTests {
    private let budget = ResponseMemoryBudget(capacity: 1 << 20)
    private static let large = 512 << 10

    private func acquires(_ bytes: Int) async -> Bool { await budget.acquire(bytes, timeout: .milliseconds(1)) }

    @Test("the budget is bounded, and released bytes can be acquired again")
    func bound() async {
        for _ in 0..<2 { #expect(await acquires(Self.large)) }
        #expect(await !acquires(Self.large))
        budget.release(Self.large)
        #expect(await acquires(Self.large))
        #expect(await !acquires(Self.large))
    }

    @Test("small responses and a single large one are always admitted")
    func exceptions() async {
        #expect(await acquires(8 << 20))
        #expect(await !acquires(ResponseMemoryBudget.smallBytes + 1))
        for _ in 0..<100 { #expect(await acquires(ResponseMemoryBudget.smallBytes)) }
    }

    @Test("responses are admitted in order, and a cancelled one does not block the next")
    func order() async throws {
        #expect(await acquires(1 << 20))
        let budget = budget
        let admitted = try await withThrowingTaskGroup(of: Int?.self) { group async throws in
            for index in 0..<3 {
                group.addTask { await budget.acquire(Self.large, timeout: .seconds(3600)) ? index : nil }
                #expect(try await eventually { budget.waiting == index + 1 })
            }
            budget.release(1 << 20)
            let first = [try await group.next() ?? nil, try await group.next() ?? nil]
            #expect(budget.waiting == 1)
            group.cancelAll()
            return try await group.reduce(into: first) { $0.append($1) }
        }
        #expect(admitted == [0, 1, nil] || admitted == [1, 0, nil])
        #expect(budget.waiting == 0)
    }

    @Test("cancelled responses do not keep any bytes")
    func cancellation() async throws {
        #expect(await acquires(1 << 20))
        try await withThrowingTaskGroup(of: Void.self) { group async throws in
            for _ in 0..<50 { group.addTask { #expect(await !budget.acquire(Self.large, timeout: .seconds(3600))) } }
            #expect(try await eventually { budget.waiting > 0 })
            group.cancelAll()
        }
        #expect(budget.waiting == 0)
        budget.release(1 << 20)
        for _ in 0..<2 { #expect(await acquires(Self.large)) }
    }

    @Test("60 concurrent large responses all arrive")
    func server() async throws {
        let contents = [UInt8](repeating: 0x61, count: 2 << 20)
        try await withServer(handler: { _ in .file("a", contents) }) { (fixture: Fixture) async throws in
            let client = fixture.client()
            try await withThrowingTaskGroup(of: Int?.self) { group async throws in
                for _ in 0..<60 { group.addTask { try await client.mount(.plain).files.first?.contents.count } }
                for try await count in group { #expect(count == contents.count) }
            }
        }
    }
}
