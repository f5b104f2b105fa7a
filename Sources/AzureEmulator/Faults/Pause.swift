internal import Hummingbird
internal import NIOCore

/// What a responder must know of the connection to misbehave on it.
struct EmulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Waits on an event loop's timer, which costs a queue entry and is exact to a fraction of a
/// millisecond: thousands may wait at once, and what is measured against the emulator is not its sleep.
enum Pause {
    /// Throws when the task is cancelled.
    static func wait(_ duration: Duration, on loop: any EventLoop) async throws {
        guard duration > .zero else { return }
        let timer = loop.scheduleTask(in: .nanoseconds(Int64(duration.inSeconds * 1e9))) {}
        try await withTaskCancellationHandler {
            try await timer.futureResult.get()
        } onCancel: {
            timer.cancel()
        }
    }
}
