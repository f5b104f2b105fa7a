package import Azure
package import Documents
internal import Glibc
internal import SecretMemory
internal import Synchronization

/// A client of the cluster's API server, for this pod's own service account.
///
/// It knows no kinds: what is asked of the API stands in extensions, one file for each kind. Token and
/// authority are read from their files for each request, because the kubelet replaces them while the pod
/// runs. It trusts the cluster's authority alone and never goes through an HTTP proxy.
package final class KubernetesClient: Sendable {
    package struct Configuration: Sendable {
        /// An address or a name, without brackets.
        package var host: String
        package var port: Int
        /// Where the kubelet puts `token` and `ca.crt`.
        package var directory: String
        /// How long a request may take.
        package var timeout = Duration.seconds(5)

        /// Takes the API server's address from the variables that the kubelet sets in every pod.
        package init(
            environment: [String: String], directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
        ) throws(KubernetesConfigurationError) {
            guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty else {
                throw KubernetesConfigurationError(
                    description: "KUBERNETES_SERVICE_HOST is not set: the program does not run in a pod of a cluster")
            }
            guard host.hasOnlyASCIILettersAndDigits(or: "-.:") else {
                throw KubernetesConfigurationError(description: "invalid KUBERNETES_SERVICE_HOST: \(host.clipped)")
            }
            let text = environment["KUBERNETES_SERVICE_PORT"] ?? "443"
            guard let port = UInt16(text), port > 0 else {
                throw KubernetesConfigurationError(description: "invalid KUBERNETES_SERVICE_PORT: \(text.clipped)")
            }
            self.host = host
            self.port = Int(port)
            self.directory = directory
        }

        /// What the requests' URLs begin with.
        var base: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    /// Larger files are neither a token nor authorities.
    private static let maximumFileBytes = 1 << 20

    private let configuration: Configuration
    private let transport: any HTTPTransport
    private let time: TimeSource
    /// What the authority's file held when it last held something.
    private let authority = Mutex<[UInt8]?>(nil)

    package init(configuration: Configuration, transport: any HTTPTransport, time: TimeSource = .system) {
        self.configuration = configuration
        self.transport = transport
        self.time = time
    }

    /// Does `verb` to `resource` and returns the object in the answer. A `patch` is a JSON merge patch.
    ///
    /// A token that is not accepted is read once more: it may just have been replaced.
    package func send(
        _ verb: KubernetesResource.Verb, _ resource: KubernetesResource, body: String? = nil
    ) async throws(KubernetesError) -> JSONObject {
        let token = try token()
        var response = try await attempt(verb, resource, body, token)
        if response.status == 401, case let newer = try self.token(), !newer.hasSameBytes(as: token) {
            response = try await attempt(verb, resource, body, newer)
        }
        guard (200..<300).contains(response.status) else {
            throw KubernetesError(response, to: verb, resource, now: time.wallClock())
        }
        guard let object = response.json else {
            throw KubernetesError(.unavailable, "the API server answered \(response.status) without an object")
        }
        return object
    }

    private func attempt(
        _ verb: KubernetesResource.Verb, _ resource: KubernetesResource, _ body: String?, _ token: SecretBytes
    ) async throws(KubernetesError) -> HTTPResponse {
        let method: HTTPRequest.Method
        var headers = [(name: "Accept", value: "application/json")]
        switch verb {
        case .get: method = .get
        case .create:
            method = .post
            headers.append((name: "Content-Type", value: "application/json"))
        case .patch:
            method = .patch
            headers.append((name: "Content-Type", value: "application/merge-patch+json"))
        }
        var request = HTTPRequest(
            method, configuration.base + resource.path, headers: headers, bearer: token,
            body: body.map { SecretBytes($0) }, maximumResponseBytes: 2 << 20)
        request.connection = HTTPRequest.Connection(host: configuration.host, authorityPEM: try authorities())
        do throws(TransportError) {
            return try await transport.send(request, timeout: configuration.timeout)
        } catch {
            throw KubernetesError(error)
        }
    }

    private func token() throws(KubernetesError) -> SecretBytes {
        let path = "\(configuration.directory)/token"
        let contents: SecretBytes
        do throws(SmallFileError) {
            contents = try SmallFile.secret(of: path, limit: Self.maximumFileBytes)
        } catch {
            throw KubernetesError(
                .setup,
                "\(path) cannot be read (\(error)): the provider's pod needs automountServiceAccountToken: true")
        }
        // What would end a header's line is not a token.
        let token = contents.withExposed { bytes -> SecretBytes? in
            let text = bytes.drop(while: ASCII.isSpace).reversed().drop(while: ASCII.isSpace).reversed()
            return text.isEmpty || !text.allSatisfy({ ASCII.visible.contains($0) }) ? nil : SecretBytes(text)
        }
        guard let token else { throw KubernetesError(.setup, "\(path) holds no token") }
        return token
    }

    /// While the file is being replaced, and so empty or not there, what it held before.
    private func authorities() throws(KubernetesError) -> [UInt8] {
        let path = "\(configuration.directory)/ca.crt"
        let now = (try? SmallFile.bytes(of: path, limit: Self.maximumFileBytes)) ?? []
        let known = authority.withLock { known in
            if !now.isEmpty { known = now }
            return known
        }
        guard let known else { throw KubernetesError(.setup, "\(path) cannot be read or is empty") }
        return known
    }
}

/// Explains why the environment names no API server.
package struct KubernetesConfigurationError: Error, CustomStringConvertible {
    package var description: String
}
