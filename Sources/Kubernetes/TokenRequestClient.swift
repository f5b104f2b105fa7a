package import Azure
internal import Documents
package import SecretMemory

/// Calls Kubernetes' TokenRequest API, to try a mount outside a cluster, through a proxy of an API server or with the
/// emulator's cluster.
package struct TokenRequestClient: Sendable {
    /// A token, and the time until which it is valid, in RFC 3339.
    package struct Token: Sendable {
        package var secret: SecretBytes
        package var expiry: String
    }

    private let transport: any HTTPTransport
    private let server: String

    /// `server` is the API server's URL.
    package init(server: String, transport: any HTTPTransport) {
        self.server = server.droppingTrailingSlashes()
        self.transport = transport
    }

    package func token(
        namespace: String, serviceAccount: String, audience: String
    ) async throws(TokenRequestError) -> Token {
        let url =
            "\(server)/api/v1/namespaces/\(namespace.percentEncoded)/serviceaccounts/\(serviceAccount.percentEncoded)/token"
        let body: JSONOutput = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": ["audiences": .texts([audience])],
        ]
        let request = HTTPRequest(
            .post, url, headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: SecretBytes(body.compact), maximumResponseBytes: 1 << 20)
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request, timeout: .seconds(10))
        } catch {
            throw TokenRequestError(description: "no token from \(server): \(error.reason)")
        }
        guard response.status == 201 || response.status == 200, let status = response.json?["status"]?.object,
            let secret = status["token"]?.secret
        else {
            throw TokenRequestError(
                description:
                    "no token from \(server): it answered \(response.status) \(response.json?["message"]?.text ?? "")")
        }
        return Token(secret: secret, expiry: status["expirationTimestamp"]?.text ?? "")
    }
}

/// The reason why the API server did not return a token.
package struct TokenRequestError: Error, CustomStringConvertible, Sendable {
    package var description: String
}
