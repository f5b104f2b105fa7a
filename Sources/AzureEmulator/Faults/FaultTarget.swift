/// The services whose calls a fault affects.
enum FaultTarget: Sendable, Equatable {
    /// All services, but not the proxy on the way to them.
    case any
    case entra
    /// The vaults whose name matches.
    case vault(Glob)
    case imds
    case nmi
    case tokenProxy
    /// The proxy, for tunnels to the hosts that match.
    case proxy(Glob)

    static let names = ["any", "entra", "vault", "vault:NAME", "imds", "nmi", "token-proxy", "proxy", "proxy:HOST"]

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("any", 1): self = .any
        case ("entra", 1): self = .entra
        case ("imds", 1): self = .imds
        case ("nmi", 1): self = .nmi
        case ("token-proxy", 1): self = .tokenProxy
        case ("vault", _): self = .vault(Glob(parts.count == 2 ? parts[1] : "*"))
        case ("proxy", _): self = .proxy(Glob(parts.count == 2 ? parts[1] : "*"))
        default: return nil
        }
    }

    func includes(_ service: EmulatedService) -> Bool {
        switch (self, service) {
        case (.proxy(let host), .proxy(let name)): host.matches(name)
        case (_, .proxy): false
        case (.any, _), (.entra, .entra), (.imds, .imds), (.nmi, .nmi), (.tokenProxy, .tokenProxy): true
        case (.vault(let glob), .vault(let name)): glob.matches(name)
        default: false
        }
    }
}

extension FaultTarget: CustomStringConvertible {
    var description: String {
        switch self {
        case .any: "any"
        case .entra: "entra"
        case .vault(let name): "vault:\(name)"
        case .imds: "imds"
        case .nmi: "nmi"
        case .tokenProxy: "token-proxy"
        case .proxy(let host): "proxy:\(host)"
        }
    }
}
