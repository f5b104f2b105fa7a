import Azure
import Foundation
import SecretMemory
import TestSupport

/// One vault of the table's content.
struct FakeVault: Decodable, Sendable {
    struct Access: Decodable, Sendable {
        var identity: String
        var role: String
        var object: String?
    }

    struct Secret: Decodable, Sendable {
        var name: String
        var value: String?
        var contentType: String?
        var enabled: Bool?
        var versions: [Version]?
    }

    struct Version: Decodable, Sendable {
        var id: String
        var value: String
        var enabled: Bool?
        var created: Int?
    }

    struct Bundle: Decodable, Sendable {
        var path: String
        var status: Int?
        var body: String
    }

    var name: String
    var tenantID: String
    var access: [Access]?
    var secrets: [Secret]?
    var bundles: [Bundle]?

    /// Few, so that every history of the table goes over several pages.
    private static let pageSize = 2
    private static let readable = [
        "Key Vault Secrets User": ["secrets"], "Key Vault Certificate User": ["secrets", "keys", "certificates"],
    ]

    mutating func fill(_ material: Material) throws {
        secrets = try secrets?.map { secret in
            var secret = secret
            secret.value = try secret.value.map { try material.filled($0) }
            return secret
        }
        bundles = try bundles?.map { bundle in
            var bundle = bundle
            bundle.body = try material.filledJSON(bundle.body)
            return bundle
        }
    }

    func answer(_ path: [String], _ query: [URLQueryItem], host: String, identity: String) -> HTTPResponse {
        guard query.contains(where: { $0.name == "api-version" && $0.value == "7.4" }), path.count >= 2 else {
            return Self.refusal(400, "BadParameter", "The request is malformed.")
        }
        let whole = path.joined(separator: "/").lowercased()
        if let bundle = bundles?.first(where: { $0.path.lowercased() == whole }) {
            return HTTPResponse(status: bundle.status ?? 200, body: SecretBytes(bundle.body))
        }
        guard mayRead(path[0], path[1], identity) else {
            return Self.refusal(
                403, "Forbidden", "Caller is not authorized to perform action on resource.", "ForbiddenByRbac")
        }
        guard path[0] == "secrets", let secret = secrets?.first(where: { $0.name == path[1].lowercased() }) else {
            return Self.refusal(404, "SecretNotFound", "A secret with (name/id) \(path[1]) was not found.")
        }
        let id = "https://\(host)/secrets/\(secret.name)"
        if path.count == 3, path[2] == "versions" { return list(secret, id, query, host) }
        guard let version = find(secret, path.count == 3 ? path[2] : nil) else {
            return Self.refusal(404, "SecretNotFound", "A secret with (name/id) \(path[1]) was not found.")
        }
        guard version.enabled != false else {
            return Self.refusal(
                403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        }
        var body: [String: Any] = [
            "id": "\(id)/\(version.id)", "value": version.value, "attributes": ["enabled": true],
        ]
        body["contentType"] = secret.contentType
        return FakeAzure.json(200, body)
    }

    private func mayRead(_ collection: String, _ name: String, _ identity: String) -> Bool {
        access?.contains { access in
            access.identity == identity && Self.readable[access.role]?.contains(collection) == true
                && (access.object == nil || access.object == "\(collection)/\(name)")
        } == true
    }

    private func versions(_ secret: Secret) -> [Version] {
        let single = secret.value.map {
            Version(id: String(repeating: "f", count: 32), value: $0, enabled: secret.enabled, created: 1_700_000_000)
        }
        return (secret.versions ?? []) + [single].compactMap { $0 }
    }

    private func find(_ secret: Secret, _ id: String?) -> Version? {
        guard let id else { return versions(secret).last }
        return versions(secret).first { $0.id == id }
    }

    private func list(_ secret: Secret, _ id: String, _ query: [URLQueryItem], _ host: String) -> HTTPResponse {
        let start = query.first { $0.name == "$skiptoken" }.flatMap { Int($0.value ?? "") } ?? 0
        let all = versions(secret).sorted { $0.id < $1.id }
        let page = all.dropFirst(start).prefix(Self.pageSize).map { version -> [String: Any] in
            [
                "id": "\(id)/\(version.id)",
                "attributes": ["enabled": version.enabled ?? true, "created": version.created ?? 0],
            ]
        }
        var body: [String: Any] = ["value": page, "nextLink": NSNull()]
        let end = start + Self.pageSize
        // As Key Vault does it: with the port, and after the last full page once more.
        if end <= all.count {
            body["nextLink"] =
                "https://\(host):443/secrets/\(secret.name)/versions?api-version=7.4&$skiptoken=\(end)"
        }
        return FakeAzure.json(200, body)
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String, _ inner: String? = nil)
        -> HTTPResponse
    {
        var error: [String: Any] = ["code": code, "message": message]
        if let inner { error["innererror"] = ["code": inner] }
        return FakeAzure.json(status, ["error": error])
    }
}
