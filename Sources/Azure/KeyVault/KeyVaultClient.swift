package import ProviderCore

/// Key Vault's data plane, read-only.
package struct KeyVaultClient: Sendable {
    /// Old enough for every sovereign cloud, new enough for everything a mount reads; upstream's too.
    private static let apiVersion = "7.4"

    private let transport: any HTTPTransport
    private let retry: RetryPolicy
    private let time: TimeSource

    package init(transport: any HTTPTransport, retry: RetryPolicy = RetryPolicy(), time: TimeSource = .system) {
        self.transport = transport
        self.retry = retry
        self.time = time
    }

    /// How a read ended.
    package enum Outcome: Sendable {
        case item(VaultItem)
        /// The vault does not take the token; `resource` is what it wants one for, if that is to be
        /// believed. A fresh token may help, once.
        case tokenRejected(resource: String?, error: ProviderError)
    }

    /// Reads one object with the token on the first request: the vault's host and resource are known
    /// from the cloud, so the usual unauthenticated first request would be a wasted round trip.
    package func read(
        _ object: KeyVaultObject, version: String, in vault: VaultAddress, token: AccessToken, until deadline: Deadline
    ) async throws(ProviderError) -> Outcome {
        let path = "/\(object.type.collection)/\(object.name.percentEncoded)/\(version.percentEncoded)"
        let url = "https://\(vault.host)\(path)?api-version=\(Self.apiVersion)"
        let response = try await get(url, object: object, vault: vault, token: token, until: deadline)
        if response.status == 401 {
            let challenge = VaultChallenge(header: response.header("www-authenticate"))
            let resource = challenge.flatMap { $0.isTrustworthy(forHost: vault.host) ? $0.resource : nil }
            return .tokenRejected(resource: resource, error: refusal(response, object, vault))
        }
        guard response.status == 200 else { throw refusal(response, object, vault) }
        do throws(VaultAnswerError) {
            return .item(try VaultBundle.decode(response.body, as: object.type))
        } catch {
            throw ProviderError(error.code, object.failurePrefix + error.reason, context: Self.context(object, vault))
        }
    }

    private func get(
        _ url: String, object: KeyVaultObject, vault: VaultAddress, token: AccessToken, until deadline: Deadline
    ) async throws(ProviderError) -> HTTPResponse {
        let request = HTTPRequest(
            .get, url,
            headers: [("Accept", "application/json"), ("x-ms-client-request-id", RequestID.make())],
            bearer: token.secret)
        do {
            return try await retry.send(request, over: transport, until: deadline, time: time)
        } catch {
            throw error.providerError(reaching: "the vault \(vault.host)")
                .prefixed(object.failurePrefix).adding(Self.context(object, vault))
        }
    }

    private func refusal(_ response: HTTPResponse, _ object: KeyVaultObject, _ vault: VaultAddress) -> ProviderError {
        VaultRefusal(response).error(object: object, vault: vault).adding(Self.context(object, vault))
    }

    private static func context(_ object: KeyVaultObject, _ vault: VaultAddress) -> [(name: String, value: String)] {
        [("vault", vault.host)]
    }
}

extension KeyVaultObject.ObjectType {
    /// The REST collection that holds objects of this type.
    var collection: String {
        switch self {
        case .secret: "secrets"
        case .key: "keys"
        case .certificate: "certificates"
        }
    }
}
