internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Requests tokens of the node's managed identities from the instance metadata service (IMDS).
struct ManagedIdentityClient: Sendable {
    private let service: String
    private let transport: any HTTPTransport
    private let time: TimeSource
    private let gate: RequestGate

    init(service: String, transport: any HTTPTransport, time: TimeSource) {
        self.service = service
        self.transport = transport
        self.time = time
        gate = RequestGate(RequestGate.Limits(concurrent: 5, perSecond: 20), time: time)
    }

    /// IMDS is not available for up to 70 seconds while it is updated (404, 410), and throttles above 20 requests a
    /// second (429). Microsoft's guidance is to increase the delay each time. The number of retries, six, is that of
    /// Azure's SDK for Go.
    private static let retry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.attempts = 7
        policy.base = .seconds(2)
        policy.cap = .seconds(25)
        policy.retriedStatuses.formUnion([404, 410, 501, 505, 506, 507, 508, 510, 511])
        return policy
    }()

    /// Returns the meaning of a refusal and the fix. If the fix is nil, the hint of the error code applies; if it is
    /// empty, no fix is known.
    private static func explanation(
        _ text: String, status: Int, _ code: ErrorCode, clientID: String?
    ) -> (cause: String, hint: String?) {
        let list = "az identity list --query '[].[name,clientId]' -o tsv"
        guard code == .managedIdentityRefused else {
            return ("the node's metadata service answered with HTTP \(status)", nil)
        }
        if text.contains("Multiple user assigned identities exist") {
            return (
                "the node has several user-assigned identities, and the SecretProviderClass does not say which to use",
                "set userAssignedIdentityID in the SecretProviderClass to the client id of one of them, as in: \(list)"
            )
        }
        guard text.contains("Identity not found") else {
            return ("the node's metadata service gave no token (HTTP \(status)): \(text.prefix(200))", "")
        }
        guard let clientID else {
            return (
                "the node has no system-assigned identity, and the SecretProviderClass names no user-assigned one",
                "set userAssignedIdentityID in the SecretProviderClass to the client id of an identity of the node, as"
                    + " in: \(list)"
            )
        }
        return (
            "the node does not have the user-assigned identity \(clientID.clipped)",
            AzureCommand.assignToNodes(clientID: clientID.clipped)
        )
    }

    /// Returns a token of the user-assigned identity `clientID`, or of the system-assigned identity if it is nil.
    func token(
        clientID: String?, resource: String, context: RequestContext
    ) async throws(ProviderError) -> AccessToken {
        var url = "\(service)/metadata/identity/oauth2/token?api-version=2018-02-01&resource=\(resource.percentEncoded)"
        if let clientID { url += "&client_id=\(clientID.percentEncoded)" }
        let surroundings = [("metadata service", service), ("user-assigned identity", clientID?.clipped ?? "none")]
        let request = HTTPRequest(.get, url, headers: [("Metadata", "true")], maximumResponseBytes: 1 << 20)
        let response: HTTPResponse
        do {
            response = try await Self.retry.send(
                request, over: transport, through: gate, context, time: time)
        } catch {
            throw error.providerError(reaching: "the instance metadata service").adding(surroundings)
        }
        let body = response.json
        guard response.status == 200 else {
            let text = body?["error_description"]?.text ?? body?["error"]?.text ?? ""
            let code: ErrorCode =
                switch response.status {
                case 429: .throttled
                case 500...: .serviceUnavailable
                case ..<400: .answerMalformed
                default: .managedIdentityRefused
                }
            let (cause, hint) = Self.explanation(text, status: response.status, code, clientID: clientID)
            throw ProviderError(
                code,
                "ManagedIdentityCredential authentication failed. The metadata service answered"
                    + " \(response.status): \(String(text.prefix(300)))",
                cause: cause, hint: hint, context: surroundings)
        }
        guard let secret = body?["access_token"]?.secret, !secret.isEmpty else {
            throw ProviderError(
                .answerMalformed, "the metadata service answered 200 without an access token", context: surroundings)
        }
        return AccessToken(
            secret: secret, lifetime: body?["expires_in"]?.seconds ?? 0,
            clientID: clientID ?? body?["client_id"]?.text ?? "")
    }
}
