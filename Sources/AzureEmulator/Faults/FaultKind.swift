extension Fault {
    /// The ways to misbehave, by the names under which users ask for them.
    enum Kind: String, CaseIterable, Sendable {
        // Time.
        case latency
        case hang
        case drip
        // The connection.
        case close
        case reset
        case resetAfterHeaders = "reset-after-headers"
        case halfBody = "half-body"
        // The certificate that new connections see.
        case certificateExpired = "certificate-expired"
        case certificateWrongName = "certificate-wrong-name"
        case certificateUntrusted = "certificate-untrusted"
        /// It names another host, and the address that the client is connected to.
        case certificateAddressOnly = "certificate-address-only"
        // An answer in place of the right one.
        case status
        case html
        case redirect
        case propagation
        case tokenRejected = "token-rejected"
        case foreignChallenge = "foreign-challenge"
        // The right answer, spoilt.
        case wrongContentType = "wrong-content-type"
        case badJSON = "bad-json"
        case truncatedJSON = "truncated-json"
        case hugeBody = "huge-body"
        case endlessList = "endless-list"
        case foreignList = "foreign-list"
        case wrongVault = "wrong-vault"
        case wrongObject = "wrong-object"
        case wrongType = "wrong-type"
        case wrongVersion = "wrong-version"
        // The service's clock.
        case clockSkew = "clock-skew"

        /// At which moment of a call the fault shows.
        enum Stage: Sendable {
            case tunnel
            case handshake
            case request
        }

        var stages: Set<Stage> {
            switch self {
            case .latency, .hang, .close, .reset, .status: [.request, .tunnel]
            case .certificateExpired, .certificateWrongName, .certificateUntrusted, .certificateAddressOnly:
                [.handshake]
            default: [.request]
            }
        }

        /// The keys that this kind knows beside those that all know.
        var keys: Set<String> {
            switch self {
            case .latency: ["delay"]
            case .drip: ["delay", "size"]
            case .status: ["status", "retryAfter", "notation"]
            case .html: ["status"]
            case .redirect: ["status", "host"]
            case .foreignChallenge, .foreignList, .wrongVault: ["host"]
            case .hugeBody: ["size"]
            case .clockSkew: ["skew"]
            default: []
            }
        }

        /// Whether `target` can misbehave in this way.
        func suits(_ target: FaultTarget) -> Bool {
            switch (self, target) {
            case (_, .proxy): stages.contains(.tunnel)
            case (_, .any): true
            case (.propagation, .entra): true
            case (.propagation, _): false
            case (.tokenRejected, .vault), (.foreignChallenge, .vault), (.endlessList, .vault),
                (.foreignList, .vault), (.wrongVault, .vault), (.wrongObject, .vault), (.wrongType, .vault),
                (.wrongVersion, .vault):
                true
            case (.tokenRejected, _), (.foreignChallenge, _), (.endlessList, _), (.foreignList, _),
                (.wrongVault, _), (.wrongObject, _), (.wrongType, _), (.wrongVersion, _):
                false
            case (.clockSkew, .vault), (.clockSkew, .entra), (.clockSkew, .tokenProxy): true
            case (.clockSkew, _): false
            case (_, .imds), (_, .nmi): !stages.contains(.handshake)
            default: true
            }
        }
    }
}
