internal import Azure
internal import Foundation
internal import SecretMemory

extension FakeAzure {
    struct VaultRequest {
        var host: String
        var vault: String
        /// The DNS suffix of the vault's cloud.
        var suffix: String
        var path: [String]
        var query: [URLQueryItem]
        var bearer: String

        func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
    }

    static func vaultResponse(to request: VaultRequest, _ state: State) throws(TransportError) -> HTTPResponse {
        if let fault = try fault(request, state) { return fault }
        let tenant = state.vaults?[request.vault]
        guard let token = state.tokens[request.bearer], token.resource == "https://\(request.suffix)",
            tenant == nil || token.tenant == tenant
        else {
            let challenge =
                "Bearer authorization=\"https://x/\(tenant ?? "")\", resource=\"https://\(request.suffix)\""
            return json(
                401, ["error": ["code": "Unauthorized", "message": "AKV10032: Invalid issuer."]],
                [("WWW-Authenticate", challenge)])
        }
        let path = request.path
        guard request.query("api-version") == "7.4", let type = path.first else {
            return refusal(400, "BadParameter", "The request is malformed.")
        }
        if let bundle = state.bundles["\(request.vault) \(path.joined(separator: "/").lowercased())"] {
            return HTTPResponse(status: bundle.status, body: SecretBytes(bundle.body))
        }
        let object = path.count > 1 ? "\(type)/\(path[1])" : nil
        let mayRead = state.roles.contains { role in
            role.client == token.client && role.vault == request.vault && role.types.contains(type)
                && (role.object == nil || role.object == object)
        }
        guard mayRead else {
            return refusal(
                403, "Forbidden", "Caller is not authorized to perform action on resource.", "ForbiddenByRbac")
        }
        guard path.count > 1 else { return objects(request, state) }
        guard path[1].hasOnlyASCIILettersAndDigits(or: "-") else {
            return refusal(400, "BadParameter", "The request URI contains an invalid name: \(path[1])")
        }
        guard type == "secrets", let (name, secret) = state.secret(path[1], in: request.vault) else {
            return refusal(404, "SecretNotFound", "A secret with (name/id) \(path[1]) was not found.")
        }
        let id = "https://\(request.host)/secrets/\(name)"
        if path.count == 3, path[2] == "versions" { return versions(of: secret, id, request, state) }
        let version = path.count == 3 ? secret.versions.first { $0.id == path[2] } : secret.versions.last
        guard let version else {
            return refusal(404, "SecretNotFound", "A secret with (name/id) \(path[1]) was not found.")
        }
        guard version.isEnabled else {
            return refusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        }
        var attributes: [String: Any] = ["enabled": true]
        attributes["exp"] = secret.expires
        attributes["nbf"] = secret.notBefore
        var body: [String: Any] = [
            "id": "\(id)/\(version.id)", "value": version.value, "attributes": attributes, "tags": secret.tags,
        ]
        body["contentType"] = secret.contentType
        return json(200, body)
    }

    /// The response of a fault that strikes this request.
    private static func fault(_ request: VaultRequest, _ state: State) throws(TransportError) -> HTTPResponse? {
        let object = request.path.count > 1 ? state.statuses["\(request.vault) \(request.path[1])"] : nil
        let status = state.isUnreachable ? 0 : state.statuses[request.vault] ?? object
        if status == 0 { throw TransportError(.connect, .transient, "connection refused") }
        if let status { return json(status, [:]) }
        return state.vaultStatus.map { json($0, [:], state.vaultHeaders) }
    }

    private static func versions(
        of secret: Secret, _ id: String, _ request: VaultRequest, _ state: State
    ) -> HTTPResponse {
        // In the order of their ids, which is not the order of their creation.
        let items = secret.versions.sorted { $0.id < $1.id }.map { version -> [String: Any] in
            [
                "id": "\(id)/\(version.id)",
                "attributes": ["enabled": version.isEnabled, "created": version.created],
            ]
        }
        return page(of: items, request, state)
    }

    private static func objects(_ request: VaultRequest, _ state: State) -> HTTPResponse {
        let prefix = "\(request.vault) "
        // In an order that a client cannot rely on.
        let items = state.secrets.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key > $1.key }
            .map { key, secret -> [String: Any] in
                [
                    "id": "https://\(request.host)/secrets/\(key.dropFirst(prefix.count))",
                    "attributes": ["enabled": secret.isEnabled], "managed": secret.isManaged, "tags": secret.tags,
                ]
            }
        return page(of: items, request, state)
    }

    /// One page of a list. As in Key Vault, the link to the next page has the port, and a full last page is followed by
    /// an empty one.
    private static func page(of items: [[String: Any]], _ request: VaultRequest, _ state: State) -> HTTPResponse {
        let start = request.query("$skiptoken").flatMap { Int($0) } ?? 0
        let end = start + state.pageSize
        var body: [String: Any] = ["value": Array(items.dropFirst(start).prefix(state.pageSize)), "nextLink": NSNull()]
        if end <= items.count {
            let path = request.path.joined(separator: "/")
            body["nextLink"] = "https://\(request.host):443/\(path)?api-version=7.4&$skiptoken=\(end)"
        }
        return json(200, body)
    }

    private static func refusal(
        _ status: Int, _ code: String, _ message: String, _ inner: String? = nil
    ) -> HTTPResponse {
        var error: [String: Any] = ["code": code, "message": message]
        if let inner { error["innererror"] = ["code": inner] }
        return json(status, ["error": error])
    }
}

extension FakeAzure.State {
    /// The secret of that name in any letter case, and its own name.
    fileprivate func secret(_ name: String, in vault: String) -> (name: String, FakeAzure.Secret)? {
        if let secret = secrets["\(vault) \(name)"] { return (name, secret) }
        let key = "\(vault) \(name)".lowercased()
        return secrets.first { $0.key.lowercased() == key }.map {
            (String($0.key.dropFirst(vault.count + 1)), $0.value)
        }
    }
}
