internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Requests tokens from aad-pod-identity's node agent (NMI), for clusters that still use it.
struct PodIdentityClient: Sendable {
    private let service: String
    private let transport: any HTTPTransport
    private let time: TimeSource
    private let gate: RequestGate

    init(service: String, transport: any HTTPTransport, time: TimeSource) {
        self.service = service
        self.transport = transport
        self.time = time
        // The limit is high, because NMI can delay each request while it assigns the pod's identity. For the same
        // reason, one namespace can use only half of it.
        gate = RequestGate(RequestGate.Limits(concurrent: 50, ofNamespace: 25), time: time)
    }

    /// NMI delays a request for up to 80 seconds while it assigns the pod's identity. A shorter timeout would only
    /// start this wait again.
    private static let retry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.attemptTimeout = .seconds(100)
        return policy
    }()

    /// Returns a token of the identity that NMI assigns to `pod`.
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
            // NMI's error texts are plain text and never contain a token.
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
