/// A Mount request and what is known about its call.
package struct IncomingMount: Sendable {
    package var request: MountRequestMessage
    /// Seconds until the client's deadline when the call arrived; infinite if the client set none.
    package var secondsLeft: Double

    package init(request: MountRequestMessage, secondsLeft: Double) {
        self.request = request
        self.secondsLeft = secondsLeft
    }
}

extension RPCServer {
    /// Handles one Mount call: returns the response, or throws the status that ends the call.
    ///
    /// It runs in a task of its own, which is cancelled when the client cancels the call, when the client's deadline passes,
    /// and when the server's grace period ends. The task begins on gRPC's thread, so the handler must not block. Whatever
    /// the handler returns or throws after its call has ended is dropped.
    package typealias Handler = @Sendable (IncomingMount) async throws(RPCStatus) -> MountResponseMessage
}
