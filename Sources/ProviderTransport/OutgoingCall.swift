internal import AsyncSupport
internal import CProviderTransport

/// One call of a client. It lives longer than gRPC's use of it, because `run` returns only when gRPC is done with it.
final class OutgoingCall: @unchecked Sendable {
    // Unchecked because the handle is filled before the call starts and read after it ended. In between only `cancel`
    // is used, which gRPC allows at any time.
    enum Method {
        case version, mount, health

        fileprivate var raw: akv_method {
            switch self {
            case .version: AKV_METHOD_VERSION
            case .mount: AKV_METHOD_MOUNT
            case .health: AKV_METHOD_HEALTH
            }
        }
    }

    let raw: OpaquePointer

    init(client: OpaquePointer, method: Method, timeout: Duration, waitForReady: Bool) {
        raw = akv_client_call_create(client, method.raw, timeout.inSeconds, waitForReady)
    }

    deinit {
        akv_client_call_destroy(raw)
    }

    func setRequest(_ request: MountRequestMessage) {
        request.withBorrowed { akv_client_call_set_request(raw, $0) }
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
