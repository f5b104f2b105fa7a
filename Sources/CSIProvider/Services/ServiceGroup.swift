internal import Synchronization
internal import UnixSignals

/// A part of the provider that runs until the provider stops.
protocol Service: Sendable {
    /// Runs until its task is cancelled, and then ends without an error.
    func run() async throws
}

/// Runs services concurrently until SIGTERM or SIGINT arrives or one of them fails, and then stops all of them.
///
/// It replaces a library because it runs on every node before the socket listens: a library that describes its services
/// in its log took half of the provider's start time.
final class ServiceGroup: Sendable {
    private let failed = Atomic(false)

    /// Whether the services stop because one of them failed.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// Returns when all of `services` have ended after a signal. Throws the first error of a service.
    func run(_ services: [any Service]) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        var failure: (any Error)?
        await withTaskGroup(of: (any Error)?.self) { group in
            for service in services {
                group.addTask {
                    do { try await service.run() } catch { return error }
                    return Task.isCancelled ? nil : ServiceEnded()
                }
            }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            // The first task to end is the one that waits for signals, or a service that ended too early.
            failure = await group.next() ?? nil
            failed.store(failure != nil, ordering: .releasing)
            group.cancelAll()
            for await error in group where failure == nil { failure = error }
        }
        if let failure { throw failure }
    }
}

/// The error of a service that ended without being stopped.
private struct ServiceEnded: Error, CustomStringConvertible {
    var description: String { "a part of the provider ended unexpectedly; this is a bug in the provider" }
}

/// Waits until the task is cancelled.
func cancellation() async {
    let (pauses, continuation) = AsyncStream<Never>.makeStream()
    for await _ in pauses {}
    withExtendedLifetime(continuation) {}
}
