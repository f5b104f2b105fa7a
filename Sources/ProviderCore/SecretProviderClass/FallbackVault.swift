internal import SecretMemory

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
