// Correct code, and errors on demand: Tests/sanitize.sh checks that a sanitizer reports the errors and not the code.
internal import Synchronization

final class Counter: Sendable {
    private let count = Mutex(0)

    func add() { count.withLock { $0 += 1 } }
}

@main
struct Planted {
    static func main() async {
        let fault = CommandLine.arguments.dropFirst().first ?? ""
        let counter = Counter()
        nonisolated(unsafe) var unguarded = 0
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    // Long enough for more than one thread, also on a busy machine.
                    for _ in 0..<100_000 {
                        counter.add()
                        if fault == "race" { unguarded += 1 }
                    }
                }
            }
        }
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
        bytes.initialize(repeating: UInt8(truncatingIfNeeded: unguarded), count: 16)
        let index = fault == "overflow" ? 16 : 15
        print(bytes[index])
        bytes.deallocate()
    }
}
