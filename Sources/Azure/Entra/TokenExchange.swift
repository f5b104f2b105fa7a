package import ProviderCore

/// The exchange of a credential for an access token at Entra's token endpoint.
///
/// One POST and no discovery: where the authority lives is the operator's choice (the cloud), so
/// there is nothing to ask for, and nothing that an answer could redirect.
package struct TokenExchange: Sendable {
    private let transport: any HTTPTransport
    private let retry: RetryPolicy
    private let time: TimeSource

    package init(transport: any HTTPTransport, retry: RetryPolicy = RetryPolicy(), time: TimeSource = .system) {
        self.transport = transport
        self.retry = retry
        self.time = time
    }

    /// Exchanges the pod's service-account token for a token of `clientID` (OAuth 2.0 client
    /// credentials with a JWT assertion, RFC 7523).
    package func exchange(
        _ token: ServiceAccountToken,
        clientID: String,
        tenantID: String,
        cloud: AzureCloud,
        resource: String,
        until deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        var form = FormBody()
        form.add("client_assertion", token.assertion)
        form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        form.add("client_id", clientID)
        form.add("grant_type", "client_credentials")
        form.add("scope", "\(resource)/.default")
        let request = HTTPRequest(
            .post, "\(cloud.authority)/\(tenantID.percentEncoded)/oauth2/v2.0/token",
            headers: [
                ("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"),
                ("client-request-id", RequestID.make()),
            ],
            body: form.finish(), maximumResponseBytes: 1 << 20)
        let context = [("authority", cloud.authority), ("tenant", tenantID), ("client id", clientID.clipped)]

        let response: HTTPResponse
        do {
            response = try await retry.send(request, over: transport, until: deadline, time: time)
        } catch {
            throw error.providerError(reaching: "Entra ID").adding(context)
        }
        guard response.status == 200 else {
            throw EntraRefusal(response).error(presented: token.claims, clientID: clientID, tenantID: tenantID)
                .adding(context)
        }
        guard let body = response.json, let secret = body["access_token"]?.secret, !secret.isEmpty else {
            throw ProviderError(.answerMalformed, "Entra ID answered 200 without an access token", context: context)
        }
        return AccessToken(secret: secret, lifetime: body["expires_in"]?.integer ?? 0)
    }
}
