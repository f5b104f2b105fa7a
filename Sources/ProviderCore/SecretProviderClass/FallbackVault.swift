internal import SecretMemory

/// A vault that is used instead of another one.
package struct FallbackVault: Sendable, Hashable {
    /// The conditions under which the fallback vault is used.
    package enum Condition: Sendable {
        /// The first vault cannot be reached, throttles, or responds with 5xx.
        case unavailable
        /// The first vault does not have the object, or the object is disabled there.
        case notFound
    }

    package var name: String
    package var conditions: Set<Condition> = [.unavailable]

    package init(name: String) {
        self.name = name
    }

    /// Reads `fallbackVault` and `fallbackOn`. Without `fallbackVault`, it starts from `inherited`, and `fallbackOn`
    /// can change its conditions. Returns nil if neither exists.
    init?(parsing settings: SettingsMapping, inheriting inherited: FallbackVault?) {
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

extension SettingsMapping {
    /// Returns the vault name under `key`, without a domain, or nil if it is absent or invalid.
    func vaultName(_ key: String) -> String? {
        guard let name = text(key) else { return nil }
        guard let problem = VaultName.problem(with: name) else { return name }
        refuse(key, "\(name.clipped) must \(problem)", hint: "set \(key) to the vault's name alone, not its URL")
        return nil
    }

    /// Returns the tenant under `key`, a directory ID or a domain name, or nil if it is absent or invalid.
    func tenant(_ key: String) -> String? {
        guard let tenant = text(key) else { return nil }
        if TenantName.isValid(tenant) { return tenant }
        refuse(key, "\(tenant.clipped) is neither a directory id nor a domain name")
        return nil
    }
}
