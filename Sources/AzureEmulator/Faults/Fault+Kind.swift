extension Fault {
    /// The ways to misbehave. The raw values are the names in seeds, schedules and commands.
    enum Kind: String, CaseIterable, Sendable {
        // The response is late.
        case latency
        case hang
        case drip
        // The connection breaks.
        case close
        case reset
        case resetAfterHeaders = "reset-after-headers"
        case halfBody = "half-body"
        // The server shows a certificate that clients must not accept.
        case certificateExpired = "certificate-expired"
        case certificateWrongName = "certificate-wrong-name"
        case certificateUntrusted = "certificate-untrusted"
        /// The certificate names another host, but the IP address is right.
        case certificateAddressOnly = "certificate-address-only"
        // The service sends another response.
        case status
        case html
        case redirect
        case propagation
        case tokenRejected = "token-rejected"
        case foreignChallenge = "foreign-challenge"
        // The service sends a damaged response.
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
        // The service's clock is wrong.
        case clockSkew = "clock-skew"

        /// The moments of a call at which the fault can take effect.
        var stages: Set<ServiceCall.Stage> {
            switch self {
            case .latency, .hang, .close, .reset, .status: [.request, .tunnel]
            case .certificateExpired, .certificateWrongName, .certificateUntrusted, .certificateAddressOnly:
                [.handshake]
            default: [.request]
            }
        }

        /// The keys of this kind, in addition to those that all kinds have.
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
