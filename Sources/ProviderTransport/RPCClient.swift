internal import CProviderTransport

/// The driver's side of the protocol: what `akv-csi mount`, the health endpoint and the tests use.
package final class RPCClient: Sendable {
    private struct Handle: @unchecked Sendable {
        // Unchecked because gRPC's channel may be used from any thread.
        let raw: OpaquePointer
    }

    private let handle: Handle

    /// Connects on first use, and again by itself whenever the connection is lost.
    package init(endpoint: Endpoint) {
        handle = Handle(raw: akv_client_create(endpoint.grpcAddress))
    }

    deinit {
        akv_client_destroy(handle.raw)
    }

    /// Calls Mount. With `waitForReady` it waits for a provider to appear, as the driver does.
    package func mount(
        _ request: MountRequestMessage,
        timeout: Duration = .seconds(120),
        waitForReady: Bool = false
    ) async throws(RPCStatus) -> MountResponseMessage {
        let call = OutgoingCall(client: handle.raw, method: .mount, timeout: timeout, waitForReady: waitForReady)
        call.fill(request)
        try await call.run()
        return MountResponseMessage(reading: call)
    }

    /// Calls Version.
    package func version(
        timeout: Duration = .seconds(5), waitForReady: Bool = false
    ) async throws(RPCStatus) -> ProviderIdentity {
        let call = OutgoingCall(client: handle.raw, method: .version, timeout: timeout, waitForReady: waitForReady)
        try await call.run()
        let response = akv_client_call_version(call.raw)
        return ProviderIdentity(
            version: String(copying: response.version),
            runtimeName: String(copying: response.runtime_name),
            runtimeVersion: String(copying: response.runtime_version))
    }

    /// Asks gRPC's health service whether the provider is serving.
    package func isServing(timeout: Duration = .seconds(5)) async throws(RPCStatus) -> Bool {
        let call = OutgoingCall(client: handle.raw, method: .health, timeout: timeout, waitForReady: false)
        try await call.run()
        return akv_client_call_is_serving(call.raw)
    }
}

/// One call under way. It outlives gRPC's use of it, because `run` returns only when gRPC is done with it.
private final class OutgoingCall: @unchecked Sendable {
    // Unchecked because the handle is filled before the call starts and read after it ended; in
    // between only `cancel` is used, which gRPC allows at any time.
    enum Method {
        case version, mount, health

        var raw: akv_method {
            switch self {
            case .version: AKV_METHOD_VERSION
            case .mount: AKV_METHOD_MOUNT
            case .health: AKV_METHOD_HEALTH
            }
        }
    }

    let raw: OpaquePointer

    init(client: OpaquePointer, method: Method, timeout: Duration, waitForReady: Bool) {
        let seconds = Double(timeout.components.seconds) + Double(timeout.components.attoseconds) * 1e-18
        raw = akv_client_call_create(client, method.raw, seconds, waitForReady)
    }

    deinit {
        akv_client_call_destroy(raw)
    }

    func fill(_ request: MountRequestMessage) {
        request.attributes.withBorrowed { attributes in
            request.secrets.withBorrowed { secrets in
                request.targetPath.withBytes { target in
                    request.permission.withBytes { permission in
                        akv_client_call_set_request(
                            raw,
                            akv_mount_request(
                                attributes: attributes, secrets: secrets, target_path: target, permission: permission))
                    }
                }
            }
        }
        for object in request.currentObjectVersions {
            object.withBorrowed { akv_client_call_add_object_version(raw, $0) }
        }
    }

    /// Sends the call and waits for its end; throws its status unless that is OK.
    func run() async throws(RPCStatus) {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let box = ContinuationBox(continuation)
                akv_client_call_start(raw, Unmanaged.passRetained(box).toOpaque()) { context, _ in
                    Unmanaged<ContinuationBox>.fromOpaque(context).takeRetainedValue().continuation.resume()
                }
            }
        } onCancel: {
            akv_client_call_cancel(raw)
        }
        let status = akv_client_call_status(raw)
        guard status != RPCCode.ok.rawValue else { return }
        throw RPCStatus(
            code: RPCCode(rawValue: status) ?? .unknown, message: String(copying: akv_client_call_message(raw)))
    }
}

private final class ContinuationBox: Sendable {
    let continuation: CheckedContinuation<Void, Never>

    init(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = continuation
    }
}

extension MountResponseMessage {
    fileprivate init(reading call: OutgoingCall) {
        let raw = call.raw
        files = (0..<akv_client_call_file_count(raw)).map { index in
            let file = akv_client_call_file(raw, index)
            return File(
                path: String(copying: file.path), mode: file.mode, contents: Array(copying: file.contents))
        }
        objectVersions = (0..<akv_client_call_object_version_count(raw)).map { index in
            ObjectVersionMessage(copying: akv_client_call_object_version(raw, index))
        }
        errorCode = String(copying: akv_client_call_error_code(raw))
    }
}
