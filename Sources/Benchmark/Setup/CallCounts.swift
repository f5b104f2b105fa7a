/// The number of requests that the emulated Azure received, by kind, from its call log.
package struct CallCounts: Codable, Equatable, Sendable {
    /// Token requests to Entra.
    package var tokens: Int
    /// Key Vault requests with a token.
    package var vault: Int
    /// Key Vault requests that got the 401 challenge.
    package var unauthorized: Int
    /// TLS connections opened.
    package var connections: Int

    static let zero = CallCounts(tokens: 0, vault: 0, unauthorized: 0, connections: 0)

    /// Requests of any kind.
    package var requests: Int { tokens + vault + unauthorized }

    package init(tokens: Int, vault: Int, unauthorized: Int, connections: Int) {
        self.tokens = tokens
        self.vault = vault
        self.unauthorized = unauthorized
        self.connections = connections
    }

    static func - (left: CallCounts, right: CallCounts) -> CallCounts {
        CallCounts(
            tokens: left.tokens - right.tokens, vault: left.vault - right.vault,
            unauthorized: left.unauthorized - right.unauthorized, connections: left.connections - right.connections)
    }

    static func + (left: CallCounts, right: CallCounts) -> CallCounts {
        CallCounts(
            tokens: left.tokens + right.tokens, vault: left.vault + right.vault,
            unauthorized: left.unauthorized + right.unauthorized, connections: left.connections + right.connections)
    }
}
