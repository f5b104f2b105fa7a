internal import Azure
internal import Foundation
internal import ProviderCore
internal import SecretMemory

extension FakeAzure {
    /// Entra's response to a request for a token, directly or through the cluster's token proxy.
    static func token(
        _ path: [String], _ request: HTTPRequest, _ suffix: String, throughProxy: Bool, _ state: inout State
    ) -> HTTPResponse {
        if let status = state.entraStatus { return json(status, [:]) }
        guard
            request.method == .post,
            path == ["adfs", "oauth2", "token"] || path.count == 4 && path.suffix(3) == ["oauth2", "v2.0", "token"]
        else { return json(404, ["error": "not_found"]) }
        let (form, tenant, resource) = (form(request), path[0], "https://\(suffix)")
        let (client, secret) = (form["client_id"] ?? "", form["client_secret"] ?? "")
        state.lastTenant = tenant
        if let tenants = state.tenants {
            guard tenants.values.contains(tenant) else {
                return refusal(400, "invalid_request", 90002, "Tenant '\(tenant)' not found.")
            }
            guard tenants[client] == tenant else {
                return refusal(400, "unauthorized_client", 700016, "Application was not found in the directory.")
            }
        }
        guard form["scope"] == "\(resource)/.default" else {
            return refusal(
                400, "invalid_resource", 500011, "The resource principal \(form["scope"] ?? "") was not found.")
        }
        if !secret.isEmpty {
            guard state.clientSecrets.contains("\(client) \(secret)") else {
                return refusal(401, "invalid_client", 7_000_215, "Invalid client secret provided.")
            }
        } else {
            guard let claims = TokenClaims(parsing: SecretBytes(form["client_assertion"] ?? "")) else {
                return refusal(400, "invalid_request", 50027, "JWT token is invalid or malformed.")
            }
            let trusted = throughProxy ? state.bindings : state.federation
            let audience = throughProxy ? "api://AKSIdentityBinding" : "api://AzureADTokenExchange"
            guard trusted.contains("\(client) \(claims.subject ?? "")"), claims.audiences == [audience] else {
                return refusal(401, "invalid_client", 700213, "No matching federated identity record found.")
            }
        }
        let token = state.issue(client, tenant, resource)
        return json(200, ["access_token": token, "expires_in": state.tokenLifetime])
    }

    private static func refusal(_ status: Int, _ error: String, _ number: Int, _ text: String) -> HTTPResponse {
        json(status, ["error": error, "error_description": "AADSTS\(number): \(text)", "error_codes": [number]])
    }

    /// The response of the instance metadata service or of aad-pod-identity's NMI.
    static func nodeService(
        _ request: HTTPRequest, _ url: URLComponents, _ state: inout State
    ) throws(TransportError) -> HTTPResponse {
        if let status = state.entraStatus { return json(status, [:]) }
        func query(_ name: String) -> String? { url.queryItems?.first { $0.name == name }?.value }
        func issue(_ client: String) -> String {
            state.issue(client, state.tenants?[client] ?? "", query("resource") ?? "")
        }
        switch (url.host, url.port, url.path) {
        case ("169.254.169.254", nil, "/metadata/identity/oauth2/token"):
            guard request.header("Metadata") == "true", query("api-version") == "2018-02-01", query("resource") != nil
            else { return json(400, ["error": "bad_request_102"]) }
            let client = query("client_id") ?? state.nodeClient
            guard client == state.nodeClient && query("client_id") == nil || state.assignedClients.contains(client)
            else { return json(400, ["error": "invalid_request", "error_description": "Identity not found"]) }
            return json(200, ["access_token": issue(client), "expires_in": "86399"])
        case ("localhost", 2579, "/host/token/"):
            let pod = "\(request.header("podns") ?? "") \(request.header("podname") ?? "")"
            guard let client = state.podClients[pod] else { return json(404, ["error": "no AzureIdentity found"]) }
            return json(
                200, ["token": ["access_token": issue(client), "expires_in": "3599"], "clientid": client])
        default: throw TransportError(.request, .final, "there is no service at \(request.url)")
        }
    }
}
