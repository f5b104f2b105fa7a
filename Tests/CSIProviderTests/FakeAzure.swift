import Azure
import Foundation
import ProviderCore
import SecretMemory
import TestSupport
import Yams

/// Entra and Key Vault as a function from request to answer, over the table's content. It knows what
/// the specification says of both and nothing of the emulator; tokens are unsigned.
struct FakeAzure: HTTPTransport {
    /// What `Tests/Fixtures/table.yaml` says.
    struct Content: Decodable, Sendable {
        struct Identity: Decodable, Sendable {
            var name: String
            var clientID: String
            var tenantID: String
            var federatedCredentials: [Credential]?
            var clientSecrets: [String]?
            var boundServiceAccounts: [String]?
        }

        struct TestNode: Decodable, Sendable {
            var systemAssigned: String
            var userAssigned: [String]
        }

        struct PodIdentity: Decodable, Sendable {
            var namespace: String
            var pod: String
            var identity: String
        }

        struct Credential: Decodable, Sendable {
            var subject: String
        }

        var identities: [Identity]
        var node: TestNode
        var podIdentities: [PodIdentity]
        var vaults: [FakeVault]

        static func load() throws -> Content {
            let material = try Material.shared.get()
            let text = try String(contentsOf: Fixtures.url("table.yaml"), encoding: .utf8)
            var content = try YAMLDecoder().decode(Content.self, from: text)
            for index in content.vaults.indices { try content.vaults[index].fill(material) }
            return content
        }
    }

    /// What a token says; the fake's access tokens are its JSON.
    struct AccessToken: Codable {
        var clientID: String
        var tenantID: String
        var resource: String
    }

    /// Each cloud's hosts belong together.
    private static let clouds = [
        "login.microsoftonline.com": "vault.azure.net", "login.microsoftonline.us": "vault.usgovcloudapi.net",
        "login.chinacloudapi.cn": "vault.azure.cn", "login.microsoftonline.de": "vault.microsoftazure.de",
        "login.sovcloud-identity.fr": "vault.sovcloud-api.fr", "login.sovcloud-identity.de": "vault.sovcloud-api.de",
        "login.localhost": "vault.localhost",
    ]

    /// Where the cluster's token proxy listens, below the path `/prefix`.
    static let tokenProxy = "proxy.ests.aks"

    let content: Content
    let now: Int

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        do {
            return try answer(request)
        } catch let failure as TransportError {
            throw failure
        } catch {
            throw TransportError(.request, .final, "\(error)")
        }
    }

    private func answer(_ request: HTTPRequest) throws -> HTTPResponse {
        if let answer = try nodeService(request) { return answer }
        guard let url = URLComponents(string: request.url), url.scheme == "https", let host = url.host else {
            throw TransportError(.request, .final, "\(request.url) is no https URL")
        }
        let path = url.percentEncodedPath.split(separator: "/").compactMap { $0.removingPercentEncoding }
        if request.connection != nil {
            // The token proxy is told apart by its server name and knows by the Host whom it stands for.
            guard host == Self.tokenProxy, path.first == "prefix", let authority = request.header("Host"),
                let suffix = Self.clouds[authority]
            else { throw TransportError(.request, .final, "there is no token proxy \(host)") }
            return try token(Array(path.dropFirst()), request, suffix, audience: "api://AKSIdentityBinding")
        }
        if let suffix = Self.clouds[host] { return try token(path, request, suffix) }
        guard let dot = host.firstIndex(of: "."),
            case let suffix = host[host.index(after: dot)...], Self.clouds.values.contains(String(suffix)),
            let vault = content.vaults.first(where: { $0.name == host[..<dot].lowercased() })
        else {
            throw TransportError(.nameResolution, .final, "there is no host \(host)")
        }
        let bearer = request.bearer.map { $0.withExposed { Data($0) } }
        guard let bearer, case let token = try JSONDecoder().decode(AccessToken.self, from: bearer),
            token.resource == "https://\(suffix)", token.tenantID == vault.tenantID
        else {
            return Self.json(
                401, ["error": ["code": "Unauthorized", "message": "AKV10032: Invalid issuer."]],
                [
                    (
                        "WWW-Authenticate",
                        "Bearer authorization=\"https://x/\(vault.tenantID)\", resource=\"https://\(suffix)\""
                    )
                ])
        }
        let name = content.identities.first { $0.clientID == token.clientID }?.name ?? ""
        return vault.answer(path, url.queryItems ?? [], host: host, identity: name)
    }

    // MARK: - Entra

    private func token(
        _ path: [String], _ request: HTTPRequest, _ suffix: String, audience: String = "api://AzureADTokenExchange"
    ) throws -> HTTPResponse {
        let isFederationServices = path == ["adfs", "oauth2", "token"]
        guard
            request.method == .post,
            isFederationServices || path.count == 4 && path.suffix(3) == ["oauth2", "v2.0", "token"]
        else { return Self.json(404, ["error": "not_found"]) }
        var form = URLComponents()
        form.percentEncodedQuery = request.body.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } }
        func field(_ name: String) -> String { form.queryItems?.first { $0.name == name }?.value ?? "" }
        func refuse(_ status: Int, _ error: String, _ number: Int, _ text: String) -> HTTPResponse {
            Self.json(
                status, ["error": error, "error_description": "AADSTS\(number): \(text)", "error_codes": [number]])
        }
        let tenant = content.identities.filter { $0.tenantID == path[0] }
        guard !tenant.isEmpty else { return refuse(400, "invalid_request", 90002, "Tenant '\(path[0])' not found.") }
        guard let identity = tenant.first(where: { $0.clientID == field("client_id") }) else {
            return refuse(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        }
        guard field("scope") == "https://\(suffix)/.default" else {
            return refuse(400, "invalid_resource", 500011, "The resource principal \(field("scope")) was not found.")
        }
        if let secrets = identity.clientSecrets, !field("client_secret").isEmpty {
            guard secrets.contains(field("client_secret")) else {
                return refuse(401, "invalid_client", 7_000_215, "Invalid client secret provided.")
            }
            return try success(identity, "https://\(suffix)")
        }
        guard let claims = TokenClaims(parsing: SecretBytes(field("client_assertion"))) else {
            return refuse(400, "invalid_request", 50027, "JWT token is invalid or malformed.")
        }
        let subjects =
            request.connection == nil
            ? identity.federatedCredentials?.map(\.subject) : identity.boundServiceAccounts
        guard let subject = claims.subject, subjects?.contains(subject) == true, claims.audiences == [audience] else {
            return refuse(401, "invalid_client", 700213, "No matching federated identity record found.")
        }
        return try success(identity, "https://\(suffix)")
    }

    private func success(_ identity: Content.Identity, _ resource: String) throws -> HTTPResponse {
        let token = try accessToken(identity, resource)
        return Self.json(200, ["access_token": token, "expires_in": 3599])
    }

    func accessToken(_ identity: Content.Identity, _ resource: String) throws -> String {
        let token = AccessToken(clientID: identity.clientID, tenantID: identity.tenantID, resource: resource)
        return String(decoding: try JSONEncoder().encode(token), as: UTF8.self)
    }

    /// What a kubelet would hand out.
    func serviceAccountToken(_ token: Placeholders.Token) -> String {
        func part(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        let claims = """
            {"iss":"https://oidc.example/","sub":"system:serviceaccount:\(token.namespace):\(token.serviceAccount)",\
            "aud":["\(token.audience)"],"exp":\(now + token.lifetime)}
            """
        return [#"{"alg":"none"}"#, claims, "signature"].map(part).joined(separator: ".")
    }

    static func json(
        _ status: Int, _ body: [String: Any], _ headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        do {
            let data = try JSONSerialization.data(withJSONObject: body)
            return HTTPResponse(status: status, headers: headers, body: SecretBytes(data))
        } catch {
            return HTTPResponse(status: 500, body: SecretBytes("\(error)"))
        }
    }
}
