internal import Crypto
internal import Documents
internal import FoundationEssentials
package import ProviderCore
internal import SecretMemory
internal import Synchronization

/// The token proxy of AKS identity bindings. It has the API server's address and its own TLS server name; it exchanges
/// the pod's token and forwards the request to Entra. All members can be used from any thread.
package final class TokenProxy: Sendable {
    /// The operator's settings.
    package struct Settings: Sendable {
        package var url = "https://kubernetes.default.svc.cluster.local"
        /// The TLS server name; if it is empty, it is derived from the API server's certificate.
        package var serverName = ""
        /// The file with the only trusted certificate authority. It is read again for each token.
        package var authorityFile = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
        package var apiServerHost = "kubernetes.default.svc.cluster.local"
        package var apiServerPort = 443

        package init() {}

        /// Reads the API server's port from `KUBERNETES_SERVICE_PORT`, which the kubelet sets in every pod. If the text
        /// is not a port, the https port stays.
        package mutating func takePort(from environment: [String: String]) {
            guard let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ UInt16($0) }), port > 0 else { return }
            apiServerPort = Int(port)
        }

        /// The mistake in `url`, or nil if it is valid.
        package var urlProblem: String? {
            Address(url) == nil ? "the token proxy's URL must be https, without user, query or fragment" : nil
        }
    }

    /// The connection to the proxy for one request.
    package struct Route: Sendable {
        /// The URL's scheme, server name, port and path prefix, without a trailing slash.
        package var base: String
        package var connection: HTTPRequest.Connection
    }

    private struct Known {
        /// The server name that was derived from the certificate. A failure is not stored, so that the next mount tries
        /// again.
        var serverName: String?
        var authority: [UInt8]?
    }

    /// The maximum size of the authority's file in bytes.
    private static let maximumFileBytes = 1 << 20

    private let settings: Settings
    private let known = Mutex(Known())

    package init(settings: Settings) {
        self.settings = settings
    }

    package func route(until deadline: Deadline) async throws(ProviderError) -> Route {
        guard let address = Address(settings.url) else { throw unavailable(settings.urlProblem ?? "") }
        let authority = try authority()
        let name = try await serverName(trusting: authority, until: deadline)
        return Route(
            base: "https://\(name):\(address.port)\(address.path)",
            connection: HTTPRequest.Connection(host: address.host, authorityPEM: authority))
    }

    /// Returns the current content of the authority's file, or the previous content while the file is being replaced
    /// and is empty or missing. Returns nil if the file never existed: then the trust roots of the process are used, as
    /// in upstream, unless the server name has to be derived.
    private func authority() throws(ProviderError) -> [UInt8]? {
        let contents = Result { () throws(SmallFileError) in
            try SmallFile.bytes(of: settings.authorityFile, limit: Self.maximumFileBytes)
        }
        if case .success(let bytes) = contents, !bytes.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
            known.withLock { $0.authority = bytes }
            return bytes
        }
        if let before = known.withLock({ $0.authority }) { return before }
        guard case .failure(let reason) = contents else {
            throw unavailable("no valid certificates found in \(settings.authorityFile)")
        }
        guard settings.serverName.isEmpty else { return nil }
        throw unavailable(
            Self.discovery + "read CA file \(settings.authorityFile): \(reason)"
                + " (use --sni-name flag to skip automatic SNI detection)")
    }

    private static let discovery = "compute SNI name: extract cluster ID from API server certificate: "

    private func serverName(
        trusting authority: [UInt8]?, until deadline: Deadline
    ) async throws(ProviderError) -> String {
        if !settings.serverName.isEmpty { return settings.serverName }
        if let name = known.withLock({ $0.serverName }) { return name }
        let names: [String]
        do throws(CertificateProbeError) {
            names = try await CertificateProbe.subjectAlternativeNames(
                of: settings.apiServerHost, port: settings.apiServerPort, authorityPEM: authority ?? [],
                timeout: min(.seconds(10), deadline.remaining))
        } catch {
            throw unavailable(Self.discovery + error.description).adding([
                ("API server", "\(settings.apiServerHost):\(settings.apiServerPort)")
            ])
        }
        let name: String
        do throws(TokenProxySubjectError) {
            name = Self.serverName(ofCluster: try Self.clusterID(in: names))
        } catch {
            throw unavailable(
                Self.discovery + error.reason,
                hint: "give the name to the provider with --sni-name, or check that the cluster is an AKS cluster with"
                    + " identity binding")
        }
        known.withLock { $0.serverName = name }
        return name
    }

    /// Returns the cluster's ID from a name such as `hcp-kubernetes.ID.svc.cluster.local`. Throws if none of `names`
    /// has this form.
    package static func clusterID(in names: [String]) throws(TokenProxySubjectError) -> String {
        let (prefix, suffix) = ("hcp-kubernetes.", ".svc.cluster.local")
        guard let name = names.first(where: { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }) else {
            throw TokenProxySubjectError(
                reason:
                    "cluster ID SAN not found in API server certificate (use --sni-name flag to provide SNI name explicitly)"
            )
        }
        // Prefix and suffix share a dot if the name does not have an ID between them.
        guard name.count > prefix.count + suffix.count else {
            throw TokenProxySubjectError(reason: "empty cluster ID in SAN \"\(name.clipped)\"")
        }
        return String(name.dropFirst(prefix.count).dropLast(suffix.count))
    }

    /// Returns the TLS server name of a cluster's proxy.
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

    private func unavailable(_ reason: String, hint: String? = nil) -> ProviderError {
        ProviderError(
            .tokenProxyUnavailable, "failed to get keyvault client: proxy transport not available: \(reason)",
            cause: "the cluster's token proxy, which AKS identity binding needs, cannot be used: \(reason)",
            hint: hint, context: [("token proxy", settings.url)])
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

/// Explains why a certificate does not identify its cluster. The phrases are upstream's.
package struct TokenProxySubjectError: Error {
    package var reason: String
}
