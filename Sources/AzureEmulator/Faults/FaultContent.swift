internal import Foundation
internal import NIOCore

/// Answers in Key Vault's form that are about something else than what was asked for.
enum FaultContent {
    static func spoil(_ body: ByteBuffer, _ fault: Fault) throws -> ByteBuffer {
        guard let decoded = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)),
            var object = decoded as? [String: Any]
        else { return body }
        switch fault.kind {
        case .endlessList, .foreignList:
            // Only a list has a next page.
            guard let items = object["value"] as? [Any] else { return body }
            let own = (items.first as? [String: Any]).flatMap { ($0["id"] ?? $0["kid"]) as? String }
            let parts = (own ?? "https://unknown.vault.azure.net/secrets/x").split(separator: "/").map(String.init)
            let host = fault.kind == .foreignList ? fault.host ?? "attacker.example" : parts[1]
            let token = UUID().uuidString
            object["nextLink"] =
                "https://\(host)/\(parts[2])/\(parts[3])/versions?api-version=7.4&$skiptoken=0&page=\(token)"
        default:
            object = rename(object, fault)
            // Bytes that a client must not take for what it asked for; of a version it may not have asked for one.
            if object["value"] is String, fault.kind != .wrongVersion { object["value"] = "another object's value" }
            if var key = object["key"] as? [String: Any] {
                key = rename(key, fault)
                object["key"] = key
            }
            if let items = object["value"] as? [[String: Any]] { object["value"] = items.map { rename($0, fault) } }
        }
        return ByteBuffer(
            bytes: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    /// With other identifiers.
    private static func rename(_ object: [String: Any], _ fault: Fault) -> [String: Any] {
        var result = object
        for member in ["id", "kid", "sid"] {
            guard let id = object[member] as? String else { continue }
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
