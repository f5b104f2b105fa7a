internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Key Vault's data plane for one request.
struct VaultResponder: Sendable {
    private static let apiVersions: Set<String> = [
        "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01",
    ]
    private static let pageSize = 25

    let store: VaultStore
    let entra: EntraDirectory
    var clock: EmulatorClock

    /// The same data plane with another idea of now.
    func judging(by clock: EmulatorClock) -> VaultResponder {
        var copy = self
        copy.clock = clock
        return copy
    }

    /// The caller, once its token has been accepted.
    private struct Caller {
        var identity: Seed.Identity
        var description: String
    }

    func respond(
        to request: Request, authority: String, vaultName: String, resource: String, path: [String]
    ) async throws -> Response {
        guard let vault = store.vault(vaultName) else {
            return try Answer.vaultError(.notFound, "VaultNotFound", "The vault \(vaultName) is not found.")
        }
        if path == ["healthstatus"] { return try Answer.json([:]) }
        let caller: Caller
        switch try await authenticate(request, vault, resource) {
        case .success(let accepted): caller = accepted
        case .failure(let refused): return refused.response
        }
        guard let version = request.uri.queryParameters["api-version"].map(String.init),
            Self.apiVersions.contains(version)
        else {
            return try Answer.vaultError(
                .badRequest, "BadParameter", "The specified version is missing or not recognized.")
        }
        if request.method == .get, let bundle = vault.bundles[path.joined(separator: "/").lowercased()] {
            return Answer.text(bundle.body, status: bundle.status ?? 200)
        }
        guard let collection = path.first.flatMap(VaultCollection.init) else {
            return try Answer.vaultError(.notFound, "BadParameter", "Unknown path.")
        }
        switch (request.method, path.count) {
        case (.get, 1): return try list(collection, vault, caller, authority, request)
        case (.get, 2): return try get(path[1], "", collection, vault, caller, authority)
        case (.get, 3) where path[2] == "versions":
            return try versions(of: path[1], collection, vault, caller, authority, request)
        case (.get, 3): return try get(path[1], path[2], collection, vault, caller, authority)
        case (.put, 2) where collection == .secrets:
            return try await set(path[1], vault, caller, authority, request)
        default: return try Answer.vaultError(.methodNotAllowed, "BadParameter", "Method not allowed.")
        }
    }

    // MARK: - Who asks

    private struct Refused: Error {
        var response: Response
    }

    private func authenticate(
        _ request: Request, _ vault: VaultStore.Vault, _ resource: String
    ) async throws -> Result<Caller, Refused> {
        func refuse(_ message: String) throws -> Result<Caller, Refused> {
            let challenge =
                "Bearer authorization=\"https://login.microsoftonline.com/\(vault.tenantID)\", resource=\"\(resource)\""
            return .failure(
                Refused(
                    response: try Answer.vaultError(
                        .unauthorized, "Unauthorized", message, headers: [.wwwAuthenticate: challenge])))
        }
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else {
            return try refuse("AKV10000: Request is missing a Bearer or PoP token.")
        }
        guard let claims = await entra.claims(of: String(header.dropFirst("Bearer ".count))) else {
            return try refuse("AKV10001: The token cannot be validated.")
        }
        guard claims.exp > clock.seconds else {
            return try refuse("[TokenExpired] Error validating token: the token has expired.")
        }
        guard claims.aud.lowercased() == resource else {
            return try refuse("AKV10022: Invalid audience. Expected \(resource), found: \(claims.aud).")
        }
        guard claims.tid.lowercased() == vault.tenantID.lowercased() else {
            return try refuse(
                "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/\(vault.tenantID)/, found \(claims.iss)."
            )
        }
        guard let identity = entra.identities.first(where: { $0.clientID == claims.appid }) else {
            return try refuse("AKV10001: The token's application is unknown.")
        }
        return .success(
            Caller(identity: identity, description: "appid=\(claims.appid);oid=\(claims.oid);iss=\(claims.iss)"))
    }

    private func forbidden(
        _ action: VaultRoles.Action, _ name: String, _ vault: VaultStore.Vault, _ caller: Caller
    ) throws -> Response? {
        if VaultRoles.allow(action, on: name, identity: caller.identity.name, access: vault.access) { return nil }
        return try Answer.vaultError(
            .forbidden, "Forbidden",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: \(caller.description)\r\nAction: '\(action.name)'\r\nResource: '/vaults/\(vault.name)/\(action.collection.rawValue)/\(name)'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: \(vault.name);location=emulated\r\n",
            inner: "ForbiddenByRbac")
    }

    // MARK: - Reading

    private func get(
        _ name: String, _ version: String, _ collection: VaultCollection, _ vault: VaultStore.Vault, _ caller: Caller,
        _ authority: String
    ) throws -> Response {
        let action: VaultRoles.Action =
            switch collection {
            case .secrets: .getSecret
            case .keys: .getKey
            case .certificates: .getCertificate
            }
        if let response = try forbidden(action, name, vault, caller) { return response }
        let object = vault.objects[collection]?[name.lowercased()]
        let found = version.isEmpty ? object?.versions.last : object?.versions.first { $0.id == version }
        guard let object, let found else {
            let text = version.isEmpty ? name : "\(name)/\(version)"
            return try Answer.vaultError(
                .notFound, "\(collection.singular)NotFound",
                "A \(collection.singular.lowercased()) with (name/id) \(text) was not found in this key vault. If you recently deleted this \(collection.singular.lowercased()) you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
            )
        }
        guard found.enabled || collection != .secrets else {
            return try Answer.vaultError(
                .forbidden, "Forbidden", "Operation get is not allowed on a disabled secret.", inner: "SecretDisabled")
        }
        return try Answer.json(VaultJSON.bundle(found, of: object.name, collection, authority: authority))
    }

    private func list(
        _ collection: VaultCollection, _ vault: VaultStore.Vault, _ caller: Caller, _ authority: String,
        _ request: Request
    ) throws -> Response {
        if let response = try forbidden(Self.listing(collection), "", vault, caller) { return response }
        let objects = (vault.objects[collection] ?? [:]).values.sorted { $0.name < $1.name }
        let items = objects.compactMap { object in
            object.versions.last.map {
                VaultJSON.item($0, of: object.name, collection, authority: authority, versioned: false)
            }
        }
        return try page(items, path: "/\(collection.rawValue)", authority, request)
    }

    private func versions(
        of name: String, _ collection: VaultCollection, _ vault: VaultStore.Vault, _ caller: Caller,
        _ authority: String, _ request: Request
    ) throws -> Response {
        if let response = try forbidden(Self.listing(collection), name, vault, caller) { return response }
        guard let object = vault.objects[collection]?[name.lowercased()] else {
            return try Answer.json(["value": [Any](), "nextLink": NSNull()])
        }
        // Key Vault promises no order.
        let items = object.versions.sorted { $0.id < $1.id }.map {
            VaultJSON.item($0, of: object.name, collection, authority: authority, versioned: true)
        }
        return try page(items, path: "/\(collection.rawValue)/\(object.name)/versions", authority, request)
    }

    private static func listing(_ collection: VaultCollection) -> VaultRoles.Action {
        switch collection {
        case .secrets: .listSecrets
        case .keys: .listKeys
        case .certificates: .listCertificates
        }
    }

    /// A page with a link to the next, which, as Key Vault's, names the port even when it is 443.
    private func page(
        _ items: [[String: Any]], path: String, _ authority: String, _ request: Request
    ) throws -> Response {
        let query = request.uri.queryParameters
        let asked = query["maxresults"].flatMap { Int($0) }
        if let asked, !(1...Self.pageSize).contains(asked) {
            return try Answer.vaultError(
                .badRequest, "BadParameter", "Invalid maxresults: \(asked), it must be between 1 and \(Self.pageSize).")
        }
        let size = asked ?? Self.pageSize
        let start = query["$skiptoken"].flatMap { Int($0) } ?? 0
        let end = min(items.count, start + size)
        var body: [String: Any] = ["value": start < end ? Array(items[start..<end]) : [], "nextLink": NSNull()]
        if end < items.count {
            let host = authority.contains(":") ? authority : "\(authority):443"
            let version = query["api-version"].map(String.init) ?? ""
            body["nextLink"] = "https://\(host)\(path)?api-version=\(version)&$skiptoken=\(end)&maxresults=\(size)"
        }
        return try Answer.json(body)
    }

    // MARK: - Writing

    private func set(
        _ name: String, _ vault: VaultStore.Vault, _ caller: Caller, _ authority: String, _ request: Request
    ) async throws -> Response {
        if let response = try forbidden(.setSecret, name, vault, caller) { return response }
        let body = try await request.body.collect(upTo: 1 << 20)
        guard let object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any],
            let value = object["value"] as? String,
            let version = store.setSecret(
                name, in: vault.name, value: value, contentType: object["contentType"] as? String, now: clock.seconds)
        else {
            return try Answer.vaultError(.badRequest, "BadParameter", "The request body is not a secret.")
        }
        return try Answer.json(VaultJSON.bundle(version, of: name, .secrets, authority: authority))
    }
}
