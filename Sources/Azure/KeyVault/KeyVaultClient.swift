package import ProviderCore
internal import SecretMemory

/// A read-only client for Key Vault's data plane. All members can be used from any thread.
package struct KeyVaultClient: Sendable {
    /// All sovereign clouds support this version, which upstream uses too, and it has everything that a mount reads.
    private static let version = "api-version=7.4"

    private let transport: any HTTPTransport
    private let retry: RetryPolicy
    private let time: TimeSource
    private let gates: RequestGates

    /// Creates a client. `parallelRequests` limits the concurrent requests of the whole node to one vault.
    package init(
        transport: any HTTPTransport, retry: RetryPolicy = RetryPolicy(), parallelRequests: Int = 50,
        time: TimeSource = .system, observer: any FetchObserver = SilentObserver()
    ) {
        gates = RequestGates(
            RequestGate.Limits(concurrent: parallelRequests), time: time, onThrottle: observer.observeThrottling)
        self.transport = transport
        self.retry = retry
        self.time = time
    }

    /// The outcome of a request.
    package enum Outcome<Value: Sendable>: Sendable {
        case value(Value)
        /// The vault rejected the token. `resource` is the resource that its challenge asks for, if the challenge can
        /// be trusted. One retry with a new token may succeed.
        case tokenRejected(resource: String?, error: ProviderError)
        /// The request was withdrawn before it was sent.
        case withdrawn

        func map<Other>(_ transform: (Value) -> Other) -> Outcome<Other> {
            switch self {
            case .value(let value): .value(transform(value))
            case .tokenRejected(let resource, let error): .tokenRejected(resource: resource, error: error)
            case .withdrawn: .withdrawn
            }
        }
    }

    /// Reads objects. The first request already has the token, because the cloud defines the vault's host and resource;
    /// an unauthenticated request to get the challenge would waste a round trip. All requests are sent together.
    /// `deliver` is called exactly once for each, with its index, in the caller's task.
    package func read(
        _ objects: [(object: KeyVaultObject, version: String)], in vault: VaultAddress, token: AccessToken,
        context: RequestContext, deliver: (Int, Result<Outcome<VaultBundle>, ProviderError>) -> Void
    ) async {
        let requests = objects.map { object, version in
            request("https://\(vault.host)\(Self.path(object))/\(version.percentEncoded)?\(Self.version)", token)
        }
        var run = RequestRun(retry, over: transport, through: gates[vault.host], context, time)
        await run.run(requests) { index, outcome in
            let (object, version) = objects[index]
            deliver(
                index,
                Result { () throws(ProviderError) in
                    switch try self.outcome(of: outcome, for: object, in: vault, clientID: token.clientID) {
                    case .tokenRejected(let resource, let error):
                        return .tokenRejected(resource: resource, error: error)
                    case .withdrawn: return .withdrawn
                    case .value(let body):
                        do throws(VaultAnswerError) {
                            let expected = VaultObjectID(object: object, version: version, vault: vault)
                            return .value(try VaultBundle.decode(body, expecting: expected))
                        } catch {
                            throw Self.malformed(error, object, vault)
                        }
                    }
                })
        }
    }

    /// Reads one object, with the same rules.
    package func read(
        _ object: KeyVaultObject, version: String, in vault: VaultAddress, token: AccessToken, context: RequestContext
    ) async throws(ProviderError) -> Outcome<VaultBundle> {
        var result = Result<Outcome<VaultBundle>, ProviderError>.success(.withdrawn)
        await read([(object, version)], in: vault, token: token, context: context) { result = $1 }
        return try result.get()
    }

    /// Lists all versions of an object, from all pages of the list.
    package func versions(
        of object: KeyVaultObject, in vault: VaultAddress, token: AccessToken, context: RequestContext
    ) async throws(ProviderError) -> Outcome<[VersionRecord]> {
        try await list(
            "\(Self.path(object))/versions", for: object, in: vault, token: token, context: context,
            decode: VersionPage.decode)
    }

    /// Lists all objects with the type of `object`, which has a selector.
    package func objects(
        like object: KeyVaultObject, in vault: VaultAddress, token: AccessToken, context: RequestContext
    ) async throws(ProviderError) -> Outcome<[ObjectRecord]> {
        let collection = object.type.collection
        return try await list(
            "/\(collection)", for: object, in: vault, token: token, context: context
        ) { body throws(VaultAnswerError) in try ObjectPage.decode(body, collection: collection) }
    }

    private func list<Page: VaultPage>(
        _ path: String, for object: KeyVaultObject, in vault: VaultAddress, token: AccessToken,
        context: RequestContext,
        decode: (SecretBytes) throws(VaultAnswerError) -> Page
    ) async throws(ProviderError) -> Outcome<[Page.Record]> {
        var url = "https://\(vault.host)\(path)?\(Self.version)"
        var records: [Page.Record] = []
        var seen: Set<String> = [url]
        while true {
            let body: SecretBytes
            switch try await get(url, for: object, in: vault, token: token, context: context) {
            case .tokenRejected(let resource, let error): return .tokenRejected(resource: resource, error: error)
            case .withdrawn: return .withdrawn
            case .value(let answered): body = answered
            }
            do throws(VaultAnswerError) {
                let page = try decode(body)
                records += page.records
                guard let next = page.nextLink else { return .value(records) }
                // The request contains the token, so further pages are requested only from the vault itself.
                guard let link = VersionPage.link(next, onHost: vault.host) else {
                    throw VaultAnswerError(reason: "the vault's list continues at another host, which is not followed")
                }
                guard seen.insert(link).inserted, seen.count <= Self.maximumPages else {
                    throw VaultAnswerError(reason: "the vault's list has too many pages")
                }
                url = link
            } catch {
                throw Self.malformed(error, object, vault)
            }
        }
    }

    /// The limit covers more versions than an object can have, and 10,000 objects.
    private static let maximumPages = 400

    private static func path(_ object: KeyVaultObject) -> String {
        "/\(object.type.collection)/\(object.name.percentEncoded)"
    }

    private func get(
        _ url: String, for object: KeyVaultObject, in vault: VaultAddress, token: AccessToken,
        context: RequestContext
    ) async throws(ProviderError) -> Outcome<SecretBytes> {
        let outcome: Result<HTTPResponse, TransportError>
        do throws(TransportError) {
            outcome = .success(
                try await retry.send(
                    request(url, token), over: transport, through: gates[vault.host], context, time: time))
        } catch {
            outcome = .failure(error)
        }
        return try self.outcome(of: outcome, for: object, in: vault, clientID: token.clientID)
    }

    private func request(_ url: String, _ token: AccessToken) -> HTTPRequest {
        HTTPRequest(
            .get, url,
            headers: [("Accept", "application/json"), ("x-ms-client-request-id", RequestID.make())],
            bearer: token.secret)
    }

    /// Returns the meaning of a response to the identity `clientID`.
    private func outcome(
        of result: Result<HTTPResponse, TransportError>, for object: KeyVaultObject, in vault: VaultAddress,
        clientID: String
    ) throws(ProviderError) -> Outcome<SecretBytes> {
        let response: HTTPResponse
        switch result {
        case .success(let received): response = received
        case .failure(let error):
            if error.kind == .withdrawn { return .withdrawn }
            throw error.providerError(reaching: "the vault \(vault.host)")
                .failing(object, in: vault.name).adding(Self.surroundings(vault))
        }
        if response.status == 200 { return .value(response.body) }
        let refusal = VaultErrorResponse(response).error(object: object, vault: vault, clientID: clientID)
            .adding(Self.surroundings(vault))
        guard response.status == 401 else { throw refusal }
        let challenge = VaultChallenge(header: response.header("www-authenticate"))
        let resource = challenge.flatMap { $0.isTrustworthy(forHost: vault.host) ? $0.resource : nil }
        return .tokenRejected(resource: resource, error: refusal)
    }

    private static func malformed(
        _ error: VaultAnswerError, _ object: KeyVaultObject, _ vault: VaultAddress
    ) -> ProviderError {
        ProviderError(error.code, of: object, in: vault.name, error.reason, context: surroundings(vault))
    }

    private static func surroundings(_ vault: VaultAddress) -> [(name: String, value: String)] {
        [("vault", vault.host)]
    }
}

extension KeyVaultObject.ObjectType {
    /// The REST collection of objects of this type.
    package var collection: String {
        switch self {
        case .secret: "secrets"
        case .key: "keys"
        case .certificate: "certificates"
        }
    }
}
