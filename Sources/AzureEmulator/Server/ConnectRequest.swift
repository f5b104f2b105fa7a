internal import Foundation

/// The head of a client's request to the proxy, `CONNECT host:port HTTP/1.1`.
struct ConnectRequest {
    /// The largest head that the proxy reads.
    static let maximumHeadBytes = 16 << 10

    /// The host to connect to; empty if the request is not a valid CONNECT request.
    let host: String
    /// The port to connect to; nil if it is not a number.
    let port: Int?
    /// The value of the header `Proxy-Authorization`.
    let authorization: String?

    init(head: String) {
        // Swift treats CR LF as one character.
        let lines = head.split { $0 == "\r\n" || $0 == "\r" || $0 == "\n" }
        let words = lines.first?.split(separator: " ") ?? []
        if words.count == 3, words[0] == "CONNECT", let colon = words[1].lastIndex(of: ":") {
            host = String(words[1][..<colon])
            port = UInt16(words[1][words[1].index(after: colon)...]).map(Int.init)
        } else {
            host = ""
            port = nil
        }
        authorization =
            lines.lazy.compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == "proxy-authorization" else { return nil }
                return String(parts[1].drop { $0 == " " })
            }.first
    }
}

/// The rules by which the proxy opens a tunnel.
struct ConnectRules: Sendable {
    enum Decision: Equatable {
        /// Connect the client to the emulator.
        case accept
        /// Connect the client to the host itself.
        case passThrough
        /// The proxy does not connect to this host.
        case forbidden
        /// The host belongs to Azure, and the emulator does not emulate it.
        case notEmulated
        /// The proxy needs credentials, and the request has none or the wrong ones.
        case authenticationRequired
        /// The name cannot be resolved, because the vault does not exist.
        case unresolved
    }

    /// Hosts in addition to Azure's, in lower case.
    var extraHosts: Set<String> = []
    /// `user:password`; nil if the proxy does not need credentials.
    var credentials: String?
    /// Whether clients may reach hosts that do not belong to Azure.
    var connectsToOtherHosts = false
    /// Whether a vault of that name exists.
    var hasVault: @Sendable (String) -> Bool = { _ in true }

    func decide(_ request: ConnectRequest) -> Decision {
        guard AzureHosts.isServed(request.host) || extraHosts.contains(request.host.lowercased()) else {
            guard connectsToOtherHosts, !request.host.isEmpty, request.port != nil else { return .forbidden }
            guard isAuthorized(request) else { return .authenticationRequired }
            return AzureHosts.belongsToAzure(request.host) ? .notEmulated : .passThrough
        }
        guard isAuthorized(request) else { return .authenticationRequired }
        guard let vault = AzureHosts.vault(at: request.host) else { return .accept }
        return hasVault(vault.name) ? .accept : .unresolved
    }

    /// Whether the request has the required Basic credentials (RFC 7617).
    private func isAuthorized(_ request: ConnectRequest) -> Bool {
        guard let credentials else { return true }
        guard let value = request.authorization else { return false }
        return value.prefix(6).lowercased() == "basic "
            && value.dropFirst(6) == Data(credentials.utf8).base64EncodedString()
    }
}
