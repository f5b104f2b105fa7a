import TestSupport
import Testing

@testable import ProviderTransport

@Suite("Room for answers that nobody has taken yet", .timeLimit(.minutes(2)))
struct AnswerRoomTests {
    private let room = AnswerRoom(capacity: 1 << 20)
    private static let large = 512 << 10

    private func entered(_ bytes: Int) async -> Bool { await room.enter(bytes, within: 0.001) }

    @Test("is bounded, and free again when one was taken")
    func bound() async {
        for _ in 0..<2 { #expect(await entered(Self.large)) }
        #expect(await !entered(Self.large))
        room.leave(Self.large)
        #expect(await entered(Self.large))
        #expect(await !entered(Self.large))
    }

    @Test("is never denied to small answers, nor to one that is alone")
    func exceptions() async {
        #expect(await entered(8 << 20))
        #expect(await !entered(AnswerRoom.smallBytes + 1))
        for _ in 0..<100 { #expect(await entered(AnswerRoom.smallBytes)) }
    }

    @Test("is given in the order of asking, and to those behind one that gives up")
    func order() async throws {
        #expect(await entered(1 << 20))
        let room = room
        let entered = try await withThrowingTaskGroup(of: Int?.self) { group async throws in
            for index in 0..<3 {
                group.addTask { await room.enter(Self.large, within: 3600) ? index : nil }
                #expect(try await eventually { room.waiting == index + 1 })
            }
            room.leave(1 << 20)
            let first = [try await group.next() ?? nil, try await group.next() ?? nil]
            #expect(room.waiting == 1)
            group.cancelAll()
            return try await group.reduce(into: first) { $0.append($1) }
        }
        #expect(entered == [0, 1, nil] || entered == [1, 0, nil])
        #expect(room.waiting == 0)
    }

    @Test("is not lost to calls that are cancelled while they wait")
    func cancellation() async throws {
        #expect(await entered(1 << 20))
        try await withThrowingTaskGroup(of: Void.self) { group async throws in
            for _ in 0..<50 { group.addTask { #expect(await !room.enter(Self.large, within: 3600)) } }
            #expect(try await eventually { room.waiting > 0 })
            group.cancelAll()
        }
        #expect(room.waiting == 0)
        room.leave(1 << 20)
        for _ in 0..<2 { #expect(await entered(Self.large)) }
    }

    @Test("keeps large answers coming, however many ask at once")
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
