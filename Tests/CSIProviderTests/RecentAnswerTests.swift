import Synchronization
import Testing

@testable import CSIProvider

@Suite("A recent answer", .timeLimit(.minutes(20)))
struct RecentAnswerTests {
    /// Counts the answers that are made, with a clock that the test moves.
    private final class Source: Sendable {
        let made = Atomic(0)
        let milliseconds = Atomic(0)
        let gate = Gate()

        func answer() -> RecentAnswer<Int> {
            RecentAnswer(
                lifetime: .seconds(1), now: { .milliseconds(self.milliseconds.load(ordering: .relaxed)) },
                make: {
                    let number = self.made.add(1, ordering: .relaxed).newValue
                    await self.gate.wait()
                    return number
                })
        }
    }

    @Test("concurrent callers, and callers within one second, share one answer")
    func shared() async {
        let source = Source()
        let answer = source.answer()
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { await answer.value() } }
            await source.gate.open()
            for await value in group { #expect(value == 1) }
        }
        source.milliseconds.store(999, ordering: .relaxed)
        #expect(await answer.value() == 1)
        source.milliseconds.store(1000, ordering: .relaxed)
        #expect(await answer.value() == 2)
        #expect(source.made.load(ordering: .relaxed) == 2)
    }
}
