internal import Azure
internal import Documents

/// Why the API server did not do what it was asked.
package struct KubernetesError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// This pod has no token, or no authority to know the API server by.
        case setup = "no-credentials"
        /// No answer came.
        case unreachable
        /// The token is not accepted.
        case unauthorized
        /// An RBAC rule is missing.
        case forbidden
        case notFound = "not-found"
        /// An object of that name is there already, or has changed meanwhile.
        case conflict
        /// Too many requests, or a fault of the API server.
        case unavailable
        /// The request itself is not accepted.
        case refused
    }

    package var kind: Kind
    package var description: String
    /// How long the API server wants to be left alone.
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

    /// The error in an answer that is not a success.
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

    /// A namespace on its way out takes nothing new, whatever rules there are.
    private static func isTerminating(_ status: JSONObject?) -> Bool {
        status?["details"]?.object?["causes"]?.array?.contains {
            $0.object?["reason"]?.text == "NamespaceTerminating"
        } ?? false
    }
}
