internal import Foundation
internal import NIOCore

/// Response bodies in Key Vault's form that are about something other than what the client asked for.
enum FaultContent {
    /// The body changed by the fault. A body that is not a JSON object stays as it is.
    static func alter(_ body: ByteBuffer, by fault: Fault) throws -> ByteBuffer {
        guard var object = JSON.object(Data(body.readableBytesView)) else { return body }
        switch fault.kind {
        case .endlessList, .foreignList:
            guard let items = object["value"] as? [Any] else { return body }
            object["nextLink"] = nextLink(of: items, fault)
        default:
            object = withOtherIdentifiers(object, fault)
            // A client must not use this value for the object that it asked for. With another version the
            // value stays, because the client may have asked for the newest one.
            if object["value"] is String, fault.kind != .wrongVersion { object["value"] = "another object's value" }
            if let key = object["key"] as? [String: Any] { object["key"] = withOtherIdentifiers(key, fault) }
            if let items = object["value"] as? [[String: Any]] {
                object["value"] = items.map { withOtherIdentifiers($0, fault) }
            }
        }
        return ByteBuffer(bytes: try JSON.data(object))
    }

    /// A link to one more page of a list, at the vault or at a foreign host. Each link is different.
    private static func nextLink(of items: [Any], _ fault: Fault) -> String {
        let id = (items.first as? [String: Any]).flatMap { ($0["id"] ?? $0["kid"]) as? String }
        let parts = (id ?? "https://unknown.vault.azure.net/secrets/x").split(separator: "/").map(String.init)
        let host = fault.kind == .foreignList ? fault.foreignHost : parts[1]
        return
            "https://\(host)/\(parts[2])/\(parts[3])/versions?api-version=7.4&$skiptoken=0&page=\(UUID().uuidString)"
    }

    private static func withOtherIdentifiers(_ object: [String: Any], _ fault: Fault) -> [String: Any] {
        var result = object
        for member in ["id", "kid", "sid"] {
            guard let id = object[member] as? String else { continue }
            // https://VAULT/COLLECTION/NAME/VERSION
            var parts = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count >= 5 else { continue }
            switch fault.kind {
            case .wrongVault:
                let parent = parts[2].drop { $0 != "." }
                parts[2] = fault.host ?? "another-vault\(parent)"
            case .wrongType: parts[3] = parts[3] == "secrets" ? "keys" : "secrets"
            case .wrongObject: parts[4] = "another-object"
            case .wrongVersion where parts.count > 5: parts[5] = String(repeating: "0", count: 32)
            default: break
            }
            result[member] = parts.joined(separator: "/")
        }
        return result
    }
}
