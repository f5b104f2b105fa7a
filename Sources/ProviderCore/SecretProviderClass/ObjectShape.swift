internal import Budgets
internal import Crypto
internal import Documents

/// A digest of all settings that affect the bytes of an object's files, without the content in the vault.
///
/// The driver updates a synced Secret only when the object's version changes, so a change of these settings must change
/// the version too. All nodes compute the same digest. It is empty for an object that is written as the vault holds it.
enum ObjectShape {
    /// The settings that do not affect the bytes: the source of an object, and the names and permissions of its files.
    private static let others: Set<String> = [
        "objectName", "objectType", "objectAlias", "objectVersion", "objectVersionHistory", "filePermission", "vault",
        "keyvaultName", "tenantID", "clientID", "fallbackVault", "fallbackOn", "required", "onMissing", "default",
        "minRemaining", "respectNotBefore", "hidden", "select",
    ]
    /// The values that upstream's settings have when they are absent.
    private static let defaults = ["objectFormat": "pem", "objectEncoding": "utf-8"]

    static func digest(of members: [YAMLNode.Member]) -> String {
        var settings: [(key: String, value: YAMLNode)] = []
        for (key, value) in members {
            guard let name = key.scalar?.text, !others.contains(name), !value.isNull else { continue }
            if let text = value.scalar?.text.lowercased(), text.isEmpty || text == defaults[name] { continue }
            settings.append((name, value))
        }
        if settings.isEmpty { return "" }
        var hash = TextHash()
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            hash.add(name)
            hash.add(value)
        }
        return hash.text
    }

    /// Returns the digest of a list of texts.
    static func digest(of texts: [String]) -> String {
        var hash = TextHash()
        for text in texts { hash.add(text) }
        return hash.text
    }
}

/// A short hash of a list of texts.
private struct TextHash {
    private var hash = SHA256()

    mutating func add(_ text: String) {
        _ = MountBudget.spend(steps: text.utf8.count / 4 + 10, on: .reading)
        withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: Array(text.utf8))
    }

    mutating func add(_ node: YAMLNode) {
        switch node {
        case .scalar(let scalar):
            add(scalar.isPlain ? "plain" : "quoted")
            add(scalar.text)
        case .sequence(let elements, _):
            add("sequence \(elements.count)")
            for element in elements { add(element) }
        case .mapping(let members, _):
            add("mapping \(members.count)")
            for (key, value) in members {
                add(key)
                add(value)
            }
        }
    }

    /// The first 8 hexadecimal digits of the hash.
    var text: String {
        hash.finalize().prefix(4).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }
}
