internal import AsyncSupport
internal import Documents
package import ProviderCore
package import SecretMemory

/// Exchanges credentials for access tokens at Entra's token endpoint.
///
/// An exchange is one POST without discovery: the operator chooses the authority with the cloud, so discovery is not
/// needed, and a response cannot redirect the credential. All members can be used from any thread.
package struct TokenExchange: Sendable {
    private let transport: any HTTPTransport
    private let retry: RetryPolicy
    private let time: TimeSource
    private let gates: RequestGates
    /// The limit on concurrent exchanges of all clients.
    private let places = FairBudget(capacity: 100, ownerShare: 25)

    package init(transport: any HTTPTransport, retry: RetryPolicy = RetryPolicy(), time: TimeSource = .system) {
        self.transport = transport
        self.retry = retry
        self.time = time
        gates = RequestGates(RequestGate.Limits(concurrent: 20), time: time)
    }

    /// The proof of a client's identity.
    package enum Credential: Sendable {
        /// A service account token of the pod, as a JWT assertion (RFC 7523).
        case assertion(ServiceAccountToken)
        case secret(SecretBytes)
        /// The certificate of an application, whose private key signs an assertion.
        case certificate(ClientCertificate)

        /// The name of the credential's kind in Azure's SDKs.
        var name: String {
            switch self {
            case .assertion: "ClientAssertionCredential"
            case .secret: "ClientSecretCredential"
            case .certificate: "ClientCertificateCredential"
            }
        }

        /// The word for the credential in a sentence.
        var noun: String {
            switch self {
            case .assertion: "service account token"
            case .secret: "client secret"
            case .certificate: "certificate"
            }
        }

        var claims: TokenClaims? {
            if case .assertion(let token) = self { token.claims } else { nil }
        }
    }

    /// Exchanges `credential` for a token of `clientID` (OAuth 2.0 client credentials). Throws if Entra refuses it, if
    /// Entra is not available, or if the mount's time is over.
    package func exchange(
        _ credential: Credential,
        clientID: String,
        tenantID: String,
        cloud: AzureCloud,
        resource: String,
        through proxy: TokenProxy.Route? = nil,
        context: RequestContext
    ) async throws(ProviderError) -> AccessToken {
        guard await places.acquire(1, for: context.namespace) else {
            throw ProviderError(.cancelled, "the mount was cancelled while waiting for Entra ID")
        }
        defer { places.release(1, for: context.namespace) }
        let endpoint = TokenEndpoint(authority: cloud.authority, tenantID: tenantID)
        var form = FormBody()
        switch credential {
        case .assertion(let token): form.add(assertion: token.assertion)
        case .certificate(let certificate):
            // A signature with a large key takes tens of milliseconds. The network's thread must not stand still for so long.
            let assertion = try await withTaskExecutorPreference(globalConcurrentExecutor) {
                () throws(ProviderError) in
                try ClientAssertion(
                    of: clientID, certificate, audience: endpoint.base + endpoint.path,
                    form: endpoint.isFederationServices ? .activeDirectoryFederationServices : .entra,
                    now: time.wallClock())
            }
            form.add(assertion: assertion.jwt)
        case .secret(let secret):
            form.add("client_secret", secret)
        }
        form.add("client_id", clientID)
        form.add("grant_type", "client_credentials")
        form.add("scope", "\(resource)/.default")
        var headers = [
            ("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"),
            ("client-request-id", RequestID.make()),
        ]
        // The TLS server name identifies the proxy. The Host header stays that of the authority to which the proxy
        // forwards.
        if proxy != nil { headers.append(("Host", endpoint.host)) }
        var request = HTTPRequest(
            .post, (proxy?.base ?? endpoint.base) + endpoint.path, headers: headers, body: form.finish(),
            maximumResponseBytes: 1 << 20)
        request.connection = proxy?.connection
        let surroundings = [("authority", cloud.authority), ("tenant", tenantID), ("client id", clientID.clipped)]

        let response: HTTPResponse
        do {
            response = try await retry.send(
                request, over: transport, through: gates["\(cloud.authority)/\(tenantID)/\(clientID)"], context,
                time: time)
        } catch {
            throw error.providerError(reaching: proxy == nil ? "Entra ID" : "the cluster's token proxy")
                .adding(surroundings)
        }
        guard response.status == 200 else {
            throw EntraErrorResponse(response).error(presenting: credential, clientID: clientID, tenantID: tenantID)
                .adding(surroundings)
        }
        guard let body = response.json, let secret = body["access_token"]?.secret, !secret.isEmpty else {
            throw ProviderError(
                .answerMalformed, "Entra ID answered 200 without an access token", context: surroundings)
        }
        return AccessToken(secret: secret, lifetime: body["expires_in"]?.seconds ?? 0, clientID: clientID)
    }
}

extension FormBody {
    fileprivate mutating func add(assertion: SecretBytes) {
        add("client_assertion", assertion)
        add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    }
}

/// The endpoint that issues a tenant's tokens.
private struct TokenEndpoint {
    /// The scheme and host of the URL.
    var base: String
    var host: String
    var path: String
    /// Whether the authority is AD FS, which does not have tenants and uses another path.
    var isFederationServices: Bool

    init(authority: String, tenantID: String) {
        let scheme = "https://"
        let rest = authority.utf8.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        host = String(Substring(rest[..<end]))
        base = scheme + host
        let prefix = Substring(rest[end...])
        isFederationServices = ASCII.isSame(tenantID, "adfs")
        path =
            isFederationServices ? "/adfs/oauth2/token" : "\(prefix)/\(tenantID.percentEncoded)/oauth2/v2.0/token"
    }
}
