internal import Foundation

/// The operations that read objects.
extension VaultRequest {
    /// The largest page of a list, and the default.
    static let pageSize = 25

    /// The bundle of a version, or of the newest one if `version` is empty.
    func get(_ name: String, version: String, _ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.get, collection, name)
        let object = vault.object(name, collection)
        guard let object, let found = object.version(version) else {
            throw VaultError.notFound(collection, name, version: version)
        }
        guard found.enabled || collection != .secrets else { throw VaultError.disabledSecret }
        return VaultResponse(body: try json.bundle(of: found, in: object))
    }

    func list(_ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.read, collection)
        let objects = (vault.objects[collection] ?? [:]).values.sorted { $0.name < $1.name }
        let items = objects.compactMap { object in
            object.versions.last.map { json.item(of: $0, in: object, collection, withVersion: false) }
        }
        return try page(items, path: "/\(collection.rawValue)")
    }

    func versions(of name: String, _ collection: VaultCollection) throws -> VaultResponse {
        try authorize(.read, collection, name)
        guard let object = vault.object(name, collection) else {
            return VaultResponse(body: ["value": [Any](), "nextLink": NSNull()])
        }
        // Key Vault does not list versions by age. The order of their ids keeps clients from relying on it.
        let items = object.versions.sorted { $0.id < $1.id }.map {
            json.item(of: $0, in: object, collection, withVersion: true)
        }
        return try page(items, path: "/\(collection.rawValue)/\(object.name)/versions")
    }

    /// The requested page of a list. As in Key Vault, the link to the next page contains the port even if
    /// it is the default.
    func page(_ items: [[String: Any]], path: String) throws -> VaultResponse {
        let requested = query["maxresults"].flatMap { Int($0) }
        if let requested, !(1...Self.pageSize).contains(requested) {
            throw VaultError.badParameter(
                "Invalid maxresults: \(requested), it must be between 1 and \(Self.pageSize).")
        }
        let size = requested ?? Self.pageSize
        let start = max(0, query["$skiptoken"].flatMap { Int($0) } ?? 0)
        let end = min(items.count, start + size)
        var body: [String: Any] = ["value": start < end ? Array(items[start..<end]) : [], "nextLink": NSNull()]
        if end < items.count {
            let host = authority.contains(":") ? authority : "\(authority):443"
            body["nextLink"] =
                "https://\(host)\(path)?api-version=\(query["api-version"] ?? "")&$skiptoken=\(end)&maxresults=\(size)"
        }
        return VaultResponse(body: body)
    }
}
