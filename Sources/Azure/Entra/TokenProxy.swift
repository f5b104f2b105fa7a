internal import Crypto
internal import ProviderCore
internal import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The cluster's token proxy of AKS identity bindings: an address at the API server, told apart by the
/// TLS server name, that swaps the pod's token and passes the request on to Entra.
package final class TokenProxy: Sendable {
    /// The operator's choice.
    package struct Settings: Sendable {
        package var url = "https://kubernetes.default.svc.cluster.local"
        /// Found out from the API server's certificate when empty.
        package var serverName = ""
        /// The only authority that is trusted; read anew for each token.
        package var authorityFile = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
        package var apiServerHost = "kubernetes.default.svc.cluster.local"
        package var apiServerPort = 443

        package init() {}

        /// What is wrong with `url`; nil if nothing.
        package var urlProblem: String? {
            Address(url) == nil ? "the token proxy's URL must be https, without user, query or fragment" : nil
        }
    }

    /// How one request gets to the proxy.
    package struct Route: Sendable {
        /// Scheme, server name, port and path prefix, without a slash at its end.
        var base: String
        var connection: HTTPRequest.Connection
    }

    private let settings: Settings
    /// Found out once; a failure is not kept, so that the next mount tries again.
    private let discoveredName = Mutex<String?>(nil)

    package init(settings: Settings) {
        self.settings = settings
    }

    func route(until deadline: Deadline) async throws(ProviderError) -> Route {
        guard let address = Address(settings.url), let authority = read(settings.authorityFile), !authority.isEmpty
        else {
            let reason = settings.urlProblem ?? "read CA file \(settings.authorityFile): it is missing or empty"
            throw unavailable(reason)
        }
        let name = try await serverName(trusting: authority, until: deadline)
        return Route(
            base: "https://\(name):\(address.port)\(address.path)",
            connection: HTTPRequest.Connection(host: address.host, authorityPEM: authority))
    }

    private func serverName(trusting authority: [UInt8], until deadline: Deadline) async throws(ProviderError) -> String
    {
        if !settings.serverName.isEmpty { return settings.serverName }
        if let known = discoveredName.withLock({ $0 }) { return known }
        let names: [String]
        do throws(CertificateProbe.Failure) {
            names = try await CertificateProbe.subjectAlternativeNames(
                of: settings.apiServerHost, port: settings.apiServerPort, authorityPEM: authority,
                timeout: min(.seconds(10), deadline.remaining))
        } catch {
            throw unavailable("compute SNI name: extract cluster ID from API server certificate: \(error.description)")
        }
        guard let cluster = Self.clusterID(in: names) else {
            throw unavailable(
                "compute SNI name: cluster ID SAN not found in API server certificate (use --sni-name flag to provide SNI name explicitly)"
            )
        }
        let name = Self.serverName(ofCluster: cluster)
        discoveredName.withLock { $0 = name }
        return name
    }

    /// The cluster's id in a name such as `hcp-kubernetes.ID.svc.cluster.local`.
    package static func clusterID(in names: [String]) -> String? {
        let (prefix, suffix) = ("hcp-kubernetes.", ".svc.cluster.local")
        guard let name = names.first(where: { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }),
            name.count > prefix.count + suffix.count
        else { return nil }
        return String(name.dropFirst(prefix.count).dropLast(suffix.count))
    }

    /// The TLS server name under which a cluster's proxy listens.
    package static func serverName(ofCluster id: String) -> String {
        let digest = SHA256.hash(data: Array("identity-binding\(id)".utf8))
        let alphabet = Array("0123456789abcdefghijklmnopqrstuv")
        var (text, buffer, bits) = ("a", 0, 0)
        for byte in digest {
            buffer = buffer << 8 | Int(byte)
            bits += 8
            while bits >= 5 {
                text.append(alphabet[buffer >> (bits - 5) & 31])
                bits -= 5
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[buffer << (5 - bits) & 31]) }
        return text + ".ests.aks"
    }

    private func read(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    private func unavailable(_ reason: String) -> ProviderError {
        ProviderError(
            .tokenProxyUnavailable, "failed to get keyvault client: proxy transport not available: \(reason)",
            context: [("token proxy", settings.url)])
    }

    /// The parts of the proxy's URL.
    private struct Address {
        var host: String
        var port: Int
        var path: String

        init?(_ url: String) {
            let scheme = "https://"
            guard url.lowercased().hasPrefix(scheme), !url.contains(where: { "?#@\\ ".contains($0) }) else {
                return nil
            }
            let rest = url.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" }
            path = String(rest.dropFirst(authority.count)).droppingTrailingSlashes()
            guard let colon = authority.lastIndex(of: ":") else {
                (host, port) = (String(authority), 443)
                guard !host.isEmpty else { return nil }
                return
            }
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number),
                colon != authority.startIndex
            else { return nil }
            (host, port) = (String(authority[..<colon]), number)
        }
    }
}
