package import Azure
package import Documents
internal import Glibc
internal import SecretMemory
internal import Synchronization

/// A client of the cluster's API server, which uses the service account of this pod.
///
/// It does not know any kinds of objects; extensions add the requests, with one file for each kind. It reads the token
/// and the certificate authority from their files for each request, because the kubelet replaces them while the pod
/// runs. It trusts only the cluster's authority and never uses an HTTP proxy. All members can be used from any thread.
package final class KubernetesClient: Sendable {
    /// The address of the API server and the files of the service account.
    package struct Configuration: Sendable {
        /// The address or name of the API server, without brackets.
        package var host: String
        package var port: Int
        /// The directory in which the kubelet puts `token` and `ca.crt`.
        package var directory: String
        /// The timeout of a request.
        package var timeout = Duration.seconds(5)

        /// Reads the API server's address from the environment variables that the kubelet sets in every pod.
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

        /// The beginning of the URL of each request.
        var base: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    /// The maximum size of the token's and the authority's file, in bytes.
    private static let maximumFileBytes = 1 << 20

    private let configuration: Configuration
    private let transport: any HTTPTransport
    private let time: TimeSource
    /// The last content of the authority's file that was not empty.
    private let authority = Mutex<[UInt8]?>(nil)

    package init(configuration: Configuration, transport: any HTTPTransport, time: TimeSource = .system) {
        self.configuration = configuration
        self.transport = transport
        self.time = time
    }

    /// Performs `verb` on `resource`, and returns the object in the response. The body of a `patch` is a JSON merge
    /// patch.
    ///
    /// If the token is rejected, it is read again once, because the kubelet may just have replaced it. Throws if the
    /// API server cannot be reached or refuses the request.
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
        // A text with characters that would end a header line is not a token.
        let token = contents.withExposed { bytes -> SecretBytes? in
            let text = bytes.drop(while: ASCII.isSpace).reversed().drop(while: ASCII.isSpace).reversed()
            return text.isEmpty || !text.allSatisfy({ ASCII.visible.contains($0) }) ? nil : SecretBytes(text)
        }
        guard let token else { throw KubernetesError(.setup, "\(path) holds no token") }
        return token
    }

    /// Returns the content of the authority's file, or its previous content while the file is being replaced and is
    /// empty or missing.
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

/// Explains why the environment does not provide the address of an API server.
package struct KubernetesConfigurationError: Error, CustomStringConvertible {
    package var description: String
}
