internal import Glibc
internal import UnixSignals

/// Decides when a watched volume is mounted again.
enum MountWatch {
    enum Event: Sendable {
        case again
        case end
    }

    /// Runs `body` every `interval` and immediately on SIGHUP, until SIGINT or SIGTERM.
    static func run(every interval: Duration, _ body: () async throws -> Void) async throws {
        let (events, continuation) = AsyncStream<Event>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sighup, .sigint, .sigterm) {
                    continuation.yield(signal == .sighup ? .again : .end)
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: interval) } catch { return }
                    continuation.yield(.again)
                }
            }
            for await event in events {
                if case .end = event { break }
                try await body()
            }
            group.cancelAll()
        }
    }
}
