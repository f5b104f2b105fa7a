internal import Azure
internal import Documents

/// The reason why a request to the API server failed.
package struct KubernetesError: Error, Sendable, CustomStringConvertible {
    /// The kind of the failure. The raw values are labels of metrics.
    package enum Kind: String, Sendable {
        /// This pod does not have a token, or a certificate authority to verify the API server.
        case setup = "no-credentials"
        /// No response arrived.
        case unreachable
        /// The token was rejected.
        case unauthorized
        /// An RBAC rule is missing.
        case forbidden
        case notFound = "not-found"
        /// An object with that name exists already, or the object has changed in the meantime.
        case conflict
        /// The API server received too many requests, or it has a problem.
        case unavailable
        /// The API server does not accept the request itself.
        case refused
    }

    package var kind: Kind
    package var description: String
    /// The time for which the API server asks not to be called.
    package var pause: Duration?

    /// Whether the same request may succeed later.
    package var isTransient: Bool { [.setup, .unreachable, .unauthorized, .unavailable].contains(kind) }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ failure: TransportError) {
        self.init(.unreachable, "the API server cannot be reached: \(failure.hop.rawValue): \(failure.reason)")
    }

    /// Creates the error for a response that does not report success.
    init(_ response: HTTPResponse, to verb: KubernetesResource.Verb, _ resource: KubernetesResource, now: Int) {
        let status = response.json
        let said = String((status?["message"]?.text ?? "no explanation").prefix(500))
        let answer = "the API server answered \(response.status): \(said)"
        switch response.status {
        case 401: self.init(.unauthorized, answer)
        case 403 where Self.isTerminating(status): self.init(.refused, answer)
        case 403:
            self.init(
                .forbidden, "this provider's service account lacks the RBAC rule \(resource.rule(for: verb)): \(answer)"
            )
        case 404: self.init(.notFound, answer)
        case 409: self.init(.conflict, answer)
        case 408, 429, 500...599:
            self.init(.unavailable, answer)
            pause = RetryHint.delay(in: response, now: now)
        default: self.init(.refused, answer)
        }
    }

    /// Whether the namespace is being deleted. It then refuses new objects, regardless of RBAC rules.
    private static func isTerminating(_ status: JSONObject?) -> Bool {
        status?["details"]?.object?["causes"]?.array?.contains {
            $0.object?["reason"]?.text == "NamespaceTerminating"
        } ?? false
    }
}
