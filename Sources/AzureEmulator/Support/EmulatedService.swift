/// A service that the emulator provides and that a request can be addressed to.
enum EmulatedService: Sendable, Hashable {
    case entra
    /// A vault, by its name.
    case vault(String)
    /// The instance metadata service of a virtual machine.
    case imds
    /// The node-managed identity service of aad-pod-identity.
    case nmi
    /// The token proxy of an AKS cluster with identity bindings.
    case tokenProxy
    /// The emulator's own HTTP proxy, asked for a tunnel to a host.
    case proxy(String)

    /// The name under which requests to the service are counted.
    var name: String {
        switch self {
        case .entra: "entra"
        case .vault: "vault"
        case .imds: "imds"
        case .nmi: "nmi"
        case .tokenProxy: "token-proxy"
        case .proxy: "proxy"
        }
    }
}
