/// The most that one volume may ask for, of everything that costs connections or requests of its own. The number of its
/// objects is bounded by `ObjectsDocument.maximumObjects`, and its work by a `MountBudget`.
package enum MountLimits {
    /// Distinct vaults, the class's own and all stand-ins included.
    package static let maximumVaults = 20
    /// Distinct clients, the class's own included: each costs an exchange of its own at Microsoft Entra ID.
    package static let maximumClients = 10
    /// Objects that are picked by `select`: each costs the lists of a whole vault.
    package static let maximumSelectors = 20

    /// Versions of a vault's objects that are read, with those that `objectVersionHistory` asks for.
    package static let maximumVersions = 5000

    /// The error of a mount that would read more versions of a vault's objects than it may.
    package static let excessOfVersions = ProviderError(
        .limitExceeded,
        "objectVersionHistory asks for more than \(maximumVersions) versions of a vault's objects, the limit of one volume",
        hint: "lower objectVersionHistory, or spread the objects over several SecretProviderClasses")

    /// What of `objects` exceeds the limits, for a class with this vault and this client.
    static func problems(
        _ objects: [KeyVaultObject], vaultName: String, fallback: FallbackVault?
    ) -> [ProviderError] {
        var vaults: Set<String> = [vaultName.lowercased()]
        if let fallback { vaults.insert(fallback.name.lowercased()) }
        var clients: Set<String> = [""]
        var last: ObjectSource?
        for source in objects.lazy.map(\.source) where source != last {
            last = source
            if let name = source.vaultName { vaults.insert(name.lowercased()) }
            if let fallback = source.fallback { vaults.insert(fallback.name.lowercased()) }
            if source.clientID != nil || source.tenantID != nil {
                clients.insert("\(source.tenantID ?? "")/\(source.clientID ?? "")".lowercased())
            }
        }
        let selectors = objects.count { $0.selector != nil }
        return [
            excess(vaults.count, maximumVaults, "vaults", "vault and fallbackVault"),
            excess(clients.count, maximumClients, "clients", "clientID and tenantID of objects"),
            excess(selectors, maximumSelectors, "selectors", "select"),
        ].compactMap(\.self)
    }

    private static func excess(_ count: Int, _ limit: Int, _ what: String, _ setting: String) -> ProviderError? {
        guard count > limit else { return nil }
        return ProviderError(
            .limitExceeded, "the class names \(count) \(what) (\(setting)), one volume takes \(limit) at most",
            hint: "spread the objects over several SecretProviderClasses, each with a volume of its own")
    }
}
