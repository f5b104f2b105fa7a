internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Tokens from aad-pod-identity's node agent (NMI), for those who have not moved on yet.
struct PodIdentityClient: Sendable {
    private let service: String
    private let transport: any HTTPTransport
    private let time: TimeSource
    private let gate: RequestGate

    init(service: String, transport: any HTTPTransport, time: TimeSource) {
        self.service = service
        self.transport = transport
        self.time = time
        // Many, because each may be held back while its pod's identity is assigned. For the same reason, those of one
        // namespace must leave places for others.
        gate = RequestGate(RequestGate.Limits(concurrent: 50, ofNamespace: 25), time: time)
    }

    /// NMI holds a request back while the pod's identity is being assigned, for up to 80 seconds. To give
    /// up on it earlier would only start that wait again.
    private static let retry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.attemptTimeout = .seconds(100)
        return policy
    }()

    /// A token of whatever identity NMI assigns to `pod`.
    func token(
        pod: PodReference, resource: String, context: RequestContext
    ) async throws(ProviderError) -> AccessToken {
        let request = HTTPRequest(
            .get, "\(service)/host/token/?resource=\(resource)",
            headers: [("podname", pod.name), ("podns", pod.namespace)], maximumResponseBytes: 1 << 20)
        let response: HTTPResponse
        do {
            response = try await Self.retry.send(
                request, over: transport, through: gate, context, time: time)
        } catch {
            throw error.providerError(reaching: "aad-pod-identity's NMI").adding([("NMI", service)])
        }
        guard response.status == 200 else {
            // NMI explains itself in plain text and never quotes a token there.
            let text = response.body.withExposed { String(decoding: $0.prefix(300), as: UTF8.self) }
            let code: ErrorCode =
                switch response.status {
                case 429: .throttled
                case 500...: .serviceUnavailable
                case ..<400: .answerMalformed
                default: .managedIdentityRefused
                }
            throw ProviderError(
                code,
                "nmi response failed with status code: \(response.status), response body: \(text.trimmingSpace())",
                cause: "aad-pod-identity's NMI gave no token for pod \(pod.namespace.clipped)/\(pod.name.clipped) (HTTP"
                    + " \(response.status))",
                hint: code == .managedIdentityRefused
                    ? "check the AzureIdentityBinding of the pod's label aadpodidbinding, or move the pod to workload"
                        + " identity"
                    : nil,
                context: [("NMI", service)])
        }
        let body = response.json
        let token = body?["token"]?.object
        guard let secret = token?["access_token"]?.secret, !secret.isEmpty, let clientID = body?["clientid"]?.text,
            !clientID.isEmpty
        else {
            throw ProviderError(
                .answerMalformed, "nmi did not return expected values in response: token and clientid",
                cause: "aad-pod-identity's NMI answered 200 without a token",
                context: [("NMI", service)])
        }
        return AccessToken(secret: secret, lifetime: token?["expires_in"]?.seconds ?? 0, clientID: clientID)
    }
}
