import Azure
import Foundation
import ProviderCore
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
        }

        struct Credential: Decodable, Sendable {
            var subject: String
        }

        var identities: [Identity]
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

    let content: Content
    let now: Int

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportFailure) -> HTTPResponse {
        do {
            return try answer(request)
        } catch let failure as TransportFailure {
            throw failure
        } catch {
            throw TransportFailure(.request, .final, "\(error)")
        }
    }

    private func answer(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let url = URLComponents(string: request.url), url.scheme == "https", let host = url.host else {
            throw TransportFailure(.request, .final, "\(request.url) is no https URL")
        }
        let path = url.percentEncodedPath.split(separator: "/").compactMap { $0.removingPercentEncoding }
        if let suffix = Self.clouds[host] { return try token(path, request, suffix) }
        guard let dot = host.firstIndex(of: "."),
            case let suffix = host[host.index(after: dot)...], Self.clouds.values.contains(String(suffix)),
            let vault = content.vaults.first(where: { $0.name == host[..<dot].lowercased() })
        else {
            throw TransportFailure(.nameResolution, .final, "there is no host \(host)")
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

    private func token(_ path: [String], _ request: HTTPRequest, _ suffix: String) throws -> HTTPResponse {
        guard request.method == .post, path.count == 4, path.suffix(3) == ["oauth2", "v2.0", "token"] else {
            return Self.json(404, ["error": "not_found"])
        }
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
        guard let claims = TokenClaims(reading: SecretBytes(field("client_assertion"))) else {
            return refuse(400, "invalid_request", 50027, "JWT token is invalid or malformed.")
        }
        guard identity.federatedCredentials?.contains(where: { $0.subject == claims.subject }) == true else {
            return refuse(401, "invalid_client", 700213, "No matching federated identity record found.")
        }
        let token = try JSONEncoder().encode(
            AccessToken(clientID: identity.clientID, tenantID: identity.tenantID, resource: "https://\(suffix)"))
        return Self.json(200, ["access_token": String(decoding: token, as: UTF8.self), "expires_in": 3599])
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
