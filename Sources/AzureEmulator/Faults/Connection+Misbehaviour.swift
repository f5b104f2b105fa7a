internal import Glibc
internal import NIOCore
internal import NIOSSL

extension Channel {
    /// Ends the connection with a TCP reset, without TLS's farewell.
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

    /// Waits until the other side has gone, `limit` at most.
    func waitUntilClosed(limit: Duration) async throws {
        let timer = eventLoop.scheduleTask(in: .nanoseconds(Int64(limit.inSeconds * 1e9))) {}
        closeFuture.whenComplete { _ in timer.cancel() }
        try await withTaskCancellationHandler {
            try await timer.futureResult.get()
        } onCancel: {
            timer.cancel()
        }
    }
}
