/// One condition of a mount, and the result of its check.
package struct DoctorStep: Sendable {
    /// The result of a step.
    package enum Status: String, Sendable {
        case passed
        /// The result is unusual, but mounts work.
        case warning
        case failed
    }

    /// How close a failed step is to the root cause. Of several failed steps, the one with the lowest rank is the cause,
    /// because the others can be its consequences.
    package enum Rank: Int, Sendable, Comparable {
        /// A wrong clock makes valid tokens and certificates look invalid.
        case clock
        /// Mistakes in the manifests do not depend on the cluster.
        case manifests
        case provider
        case network
        /// The vault itself names its tenant, which explains why Entra only reports that something is not found.
        case vault
        case tenant
        case token
        case issuer
        case exchange
        case object
        case volume

        init(id: String) {
            switch id {
            case "clock": self = .clock
            case "manifests", "identity", "request": self = .manifests
            case "provider": self = .provider
            case "vault-challenge": self = .vault
            case "entra-tenant": self = .tenant
            case "exchange": self = .exchange
            case "selection", "object": self = .object
            case "volume": self = .volume
            default:
                self = id.hasPrefix("token-") ? .token : id.hasPrefix("issuer-") ? .issuer : .network
            }
        }

        package static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }
    }

    /// The stable id of the step.
    package var id: String
    package var title: String
    package var status: Status
    package var detail: String
    /// The observed names and values. They never contain a token or a secret.
    package var evidence: [(name: String, value: String)]
    /// The command or the setting that fixes the problem; empty if no fix is needed.
    package var fix: String
    package var duration: Duration?
    package var rank: Rank

    /// Creates a step. The rank follows from the id unless it is given.
    package init(
        _ id: String, _ title: String, _ status: Status, _ detail: String,
        evidence: [(name: String, value: String)] = [], fix: String = "", duration: Duration? = nil,
        rank: Rank? = nil
    ) {
        self.id = id
        self.title = title
        self.status = status
        self.detail = detail
        self.evidence = evidence
        self.fix = fix
        self.duration = duration
        self.rank = rank ?? Rank(id: id)
    }
}
