import Azure
import Foundation
import ProviderCore

extension FakeAzure {
    /// What the instance metadata service and aad-pod-identity's NMI answer; nil to requests for others.
    func nodeService(_ request: HTTPRequest) throws -> HTTPResponse? {
        guard let url = URLComponents(string: request.url), url.scheme == "http" else { return nil }
        func query(_ name: String) -> String? { url.queryItems?.first { $0.name == name }?.value }
        switch (url.host, url.port, url.path) {
        case ("169.254.169.254", nil, "/metadata/identity/oauth2/token"):
            guard request.header("Metadata") == "true", query("api-version") == "2018-02-01",
                let resource = query("resource")
            else { return Self.json(400, ["error": "bad_request_102"]) }
            let name = query("client_id").map { id in
                content.node.userAssigned.first { name in
                    content.identities.contains { $0.name == name && $0.clientID == id }
                }
            }
            guard let identity = content.identities.first(where: { $0.name == name ?? content.node.systemAssigned })
            else {
                return Self.json(400, ["error": "invalid_request", "error_description": "Identity not found"])
            }
            return Self.json(
                200, ["access_token": try accessToken(identity, resource), "expires_in": "86399"])
        case ("localhost", 2579, "/host/token/"):
            let assigned = content.podIdentities.first {
                $0.pod == request.header("podname") && $0.namespace == request.header("podns")
            }
            guard let identity = content.identities.first(where: { $0.name == assigned?.identity }) else {
                return Self.json(404, ["error": "no AzureIdentity found"])
            }
            let token = try accessToken(identity, query("resource") ?? "")
            return Self.json(
                200, ["token": ["access_token": token, "expires_in": "3599"], "clientid": identity.clientID])
        default: return nil
        }
    }
}

extension HTTPRequest {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
