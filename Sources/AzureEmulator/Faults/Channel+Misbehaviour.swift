internal import Glibc
internal import NIOCore
internal import NIOSSL

extension Channel {
    /// Ends the connection with a TCP reset and without TLS's close notification.
    func abort() async {
        let channel = self
        try? await eventLoop.submit {
            _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            guard let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
                channel.close(promise: nil)
                return
            }
            tls.close(promise: nil)
        }.get()
    }

    /// Waits until the client closes the connection or `limit` has passed. Throws when the task is cancelled.
    func waitUntilClosed(limit: Duration) async throws {
        let timer = eventLoop.timer(limit)
        closeFuture.whenComplete { _ in timer.cancel() }
        try await timer.wait()
    }
}

extension EventLoop {
    /// Waits on a timer of the event loop. It costs one entry in a queue and is exact to a fraction of a
    /// millisecond, so thousands of requests can wait at the same time and a measurement against the emulator
    /// does not measure `Task.sleep`. Throws when the task is cancelled.
    func wait(for duration: Duration) async throws {
        guard duration > .zero else { return }
        try await timer(duration).wait()
    }

    fileprivate func timer(_ duration: Duration) -> Scheduled<Void> {
        scheduleTask(in: .nanoseconds(Int64(duration.inSeconds * 1e9))) {}
    }
}

extension Scheduled<Void> {
    /// Waits until the timer fires. Throws when the timer or the task is cancelled.
    fileprivate func wait() async throws {
        try await withTaskCancellationHandler {
            try await futureResult.get()
        } onCancel: {
            cancel()
        }
    }
}
