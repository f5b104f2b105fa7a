/// A vault that stands in for another one.
package struct FallbackVault: Sendable, Hashable {
    /// What it stands in for.
    package enum Condition: Sendable {
        /// The other one cannot be reached, throttles, or answers with 5xx.
        case unavailable
        /// The other one does not have the object, or has it disabled.
        case notFound
    }

    package var name: String
    package var conditions: Set<Condition> = [.unavailable]

    package init(name: String) {
        self.name = name
    }

    /// Reads `fallbackVault` and `fallbackOn`; without the former, `inherited`, which the latter may change.
    init?(reading settings: SettingsMapping, inheriting inherited: FallbackVault?) {
        let name = settings.vaultName("fallbackVault")
        guard var vault = name.map(FallbackVault.init(name:)) ?? inherited else {
            settings.refuse(any: ["fallbackOn"], "needs a fallbackVault")
            return nil
        }
        if let words = settings.texts("fallbackOn") {
            vault.conditions = []
            for word in words.flatMap({ $0.split(separator: ",") }).map({ $0.trimmingSpace() }) {
                switch word.lowercased() {
                case "unavailable": vault.conditions.insert(.unavailable)
                case "notfound": vault.conditions.insert(.notFound)
                default: settings.refuse("fallbackOn", "\(word.clipped) is not unavailable or notFound")
                }
            }
        }
        self = vault
    }
}

/// The rules for a vault's name, which becomes a part of its host.
enum VaultName {
    static let rule = "match [-a-zA-Z0-9]{3,24}"

    /// What a name must do and does not; nil if nothing.
    static func problem(with name: String) -> String? {
        if !(3...24).contains(name.utf8.count) { return "be between 3 and 24 chars" }
        let isValid = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isValid ? nil : rule
    }
}

/// The rules for a tenant, which becomes a part of a URL's path.
enum TenantName {
    static func isValid(_ tenant: String) -> Bool {
        let isValid = tenant.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isValid && !tenant.utf8.containsTwoDots && tenant != "." && tenant.utf8.count <= 255
    }
}

extension SettingsMapping {
    /// A vault's name, without its domain.
    func vaultName(_ key: String) -> String? {
        guard let name = text(key) else { return nil }
        guard let problem = VaultName.problem(with: name) else { return name }
        refuse(key, "\(name.clipped) must \(problem)", hint: "set \(key) to the vault's name alone, not its URL")
        return nil
    }

    /// A directory's id or domain name.
    func tenant(_ key: String) -> String? {
        guard let tenant = text(key) else { return nil }
        if TenantName.isValid(tenant) { return tenant }
        refuse(key, "\(tenant.clipped) is neither a directory id nor a domain name")
        return nil
    }
}
