internal import Foundation
internal import Hummingbird

extension VaultCall {
    private static let pageSize = 25

    func get(_ name: String, _ version: String, _ collection: VaultCollection) throws -> Response {
        try demand(.get, collection, name)
        let object = vault.object(name, collection)
        let found = version.isEmpty ? object?.versions.last : object?.versions.first { $0.id == version }
        guard let object, let found else { throw VaultRefusal.notFound(collection, name, version: version) }
        guard found.enabled || collection != .secrets else { throw VaultRefusal.disabledSecret }
        return try bundle(found, of: object, collection)
    }

    func list(_ collection: VaultCollection) throws -> Response {
        try demand(.read, collection, "")
        let objects = (vault.objects[collection] ?? [:]).values.sorted { $0.name < $1.name }
        let items = objects.compactMap { object in
            object.versions.last.map {
                VaultJSON.item($0, of: object, collection, authority: authority, versioned: false)
            }
        }
        return try page(items, path: "/\(collection.rawValue)")
    }

    func versions(of name: String, _ collection: VaultCollection) throws -> Response {
        try demand(.read, collection, name)
        guard let object = vault.object(name, collection) else {
            return try Answer.json(["value": [Any](), "nextLink": NSNull()])
        }
        // Key Vault promises no order.
        let items = object.versions.sorted { $0.id < $1.id }.map {
            VaultJSON.item($0, of: object, collection, authority: authority, versioned: true)
        }
        return try page(items, path: "/\(collection.rawValue)/\(object.name)/versions")
    }

    /// A page with a link to the next, which, as Key Vault's, names the port even when it is 443.
    func page(_ items: [[String: Any]], path: String) throws -> Response {
        let asked = query["maxresults"].flatMap { Int($0) }
        if let asked, !(1...Self.pageSize).contains(asked) {
            throw VaultRefusal.badParameter(
                "Invalid maxresults: \(asked), it must be between 1 and \(Self.pageSize).")
        }
        let size = asked ?? Self.pageSize
        let start = max(0, query["$skiptoken"].flatMap { Int($0) } ?? 0)
        let end = min(items.count, start + size)
        var body: [String: Any] = ["value": start < end ? Array(items[start..<end]) : [], "nextLink": NSNull()]
        if end < items.count {
            let host = authority.contains(":") ? authority : "\(authority):443"
            body["nextLink"] =
                "https://\(host)\(path)?api-version=\(query["api-version"] ?? "")&$skiptoken=\(end)&maxresults=\(size)"
        }
        return try Answer.json(body)
    }
}
