internal import CProviderTransport

/// A client of the provider protocol: `akv-csi mount`, the health endpoint and the tests use it.
///
/// It has a connection of its own, which it opens with the first call and opens again whenever it is lost. All its
/// members may be used from any thread, and calls may overlap. A call that fails throws the `RPCStatus` that ended it:
/// the server's, UNAVAILABLE without a connection, DEADLINE_EXCEEDED after `timeout`, and CANCELLED when the calling task
/// is cancelled.
package final class RPCClient: Sendable {
    private struct Handle: @unchecked Sendable {
        // Unchecked because gRPC's channel may be used from any thread.
        let raw: OpaquePointer
    }

    private let handle: Handle

    /// Creates a client for the server at `endpoint`, without connecting yet.
    package init(endpoint: Endpoint) {
        handle = Handle(raw: akv_client_create(endpoint.grpcAddress))
    }

    deinit {
        akv_client_destroy(handle.raw)
    }

    /// Calls Mount. With `waitForReady` it waits for a server until `timeout`, as the driver does. Otherwise it fails
    /// immediately if there is none.
    package func mount(
        _ request: MountRequestMessage,
        timeout: Duration = .seconds(120),
        waitForReady: Bool = false
    ) async throws(RPCStatus) -> ReceivedMountResponse {
        let call = OutgoingCall(client: handle.raw, method: .mount, timeout: timeout, waitForReady: waitForReady)
        call.setRequest(request)
        try await call.run()
        return ReceivedMountResponse(copying: call.raw)
    }

    /// Calls Version; `waitForReady` as for `mount`.
    package func version(
        timeout: Duration = .seconds(5), waitForReady: Bool = false
    ) async throws(RPCStatus) -> ProviderVersion {
        let call = OutgoingCall(client: handle.raw, method: .version, timeout: timeout, waitForReady: waitForReady)
        try await call.run()
        return ProviderVersion(copying: akv_client_call_version(call.raw))
    }

    /// Asks gRPC's health service whether the server is serving; false once the server has begun to stop.
    package func isServing(timeout: Duration = .seconds(5)) async throws(RPCStatus) -> Bool {
        let call = OutgoingCall(client: handle.raw, method: .health, timeout: timeout, waitForReady: false)
        try await call.run()
        return akv_client_call_is_serving(call.raw)
    }
}
