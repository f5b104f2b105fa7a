internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// Sets up a connection only when the server handles it.
///
/// A server that stops drops the connections that it has accepted and does not handle. SwiftNIO ends the process if
/// such a connection was already set up as a `NIOAsyncChannel`. A bare connection is simply closed.
struct DeferredChannel<Base: ServerChildChannel>: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        var channel: any Channel
    }

    let base: Base

    /// Stops reading until the server handles the connection.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.setOption(.autoRead, value: false).map { Value(channel: channel) }
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        do {
            let connection = try await channel.eventLoop.flatSubmit {
                base.setup(channel: channel, logger: logger).map { connection in
                    channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
                    return connection
                }
            }.get()
            await base.handle(value: connection, logger: logger)
        } catch {
            logger.debug("connection ended", metadata: ["error": "\(error)"])
            channel.close(promise: nil)
        }
    }
}
