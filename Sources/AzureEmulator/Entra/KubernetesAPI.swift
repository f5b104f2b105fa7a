internal import Foundation
internal import HTTPFetch

/// The API server of the Kubernetes cluster that the emulator runs in. It publishes the issuer of the cluster's
/// service-account tokens and the keys that verify them
/// (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery).
package struct KubernetesAPI: Sendable {
    /// The directory in which Kubernetes puts the token and the authority of a pod's service account.
    package static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

    private struct Discovery: Decodable {
        var issuer: String
    }

    private let server: String
    /// The directory with `token` and `ca.crt`. The kubelet replaces the token, so it is read for each request.
    private let directory: URL

    /// The API server of the pod, from the variables that Kubernetes sets in every container. Throws an
    /// `EmulatorError` outside a pod.
    package init(environment: [String: String], directory: String = serviceAccountDirectory) throws {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap(UInt16.init)
        else {
            throw EmulatorError(
                "this is not a pod of a Kubernetes cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"
            )
        }
        server = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        self.directory = URL(fileURLWithPath: directory)
    }

    /// The `iss` claim of the cluster's service-account tokens.
    func issuer() async throws -> String {
        let body = try await get("/.well-known/openid-configuration")
        guard let discovery = JSON.decode(Discovery.self, from: body) else {
            throw EmulatorError("\(server)/.well-known/openid-configuration does not name an issuer")
        }
        return discovery.issuer
    }

    /// The JSON Web Key Set of the issuer. The address of the API server is used in place of the `jwks_uri` of the
    /// discovery document, which may not be reachable from a pod.
    func keySet() async throws -> Data { try await get("/openid/v1/jwks") }

    private func get(_ path: String) async throws -> Data {
        var request = HTTPFetch(url: server + path)
        request.headers["Authorization"] = "Bearer \(try token())"
        request.trustRoots = directory.appendingPathComponent("ca.crt").path
        do {
            let response = try await request.response()
            guard response.status == 200 else {
                throw EmulatorError(
                    "status \(response.status); the pod's service account needs the role system:service-account-issuer-discovery"
                )
            }
            return Data(response.body)
        } catch {
            throw EmulatorError("the API server did not answer \(server)\(path): \(error)")
        }
    }

    private func token() throws -> String {
        let file = directory.appendingPathComponent("token")
        do {
            return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw EmulatorError("the service account's token \(file.path) cannot be read")
        }
    }
}
