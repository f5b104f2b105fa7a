internal import SecretMemory

/// The limits of one volume for everything that needs its own connections or requests. `ObjectsDocument.maximumObjects`
/// limits the number of objects, and a `MountBudget` limits the work.
package enum MountLimits {
    /// The number of distinct vaults, including the class's vault and all fallback vaults.
    package static let maximumVaults = 20
    /// The number of distinct clients, including the class's: each needs a token exchange at Microsoft Entra ID.
    package static let maximumClients = 10
    /// The number of objects with `select`: each needs the list of all objects of a vault.
    package static let maximumSelectors = 20

    /// The number of versions that are read, including those that `objectVersionHistory` requests.
    package static let maximumVersions = 5000

    /// The error of a mount that would read more versions than allowed.
    package static let excessOfVersions = ProviderError(
        .limitExceeded,
        "objectVersionHistory asks for more than \(maximumVersions) versions of a vault's objects, the limit of one volume",
        hint: "lower objectVersionHistory, or spread the objects over several SecretProviderClasses")

    /// Returns the limits that `objects` exceed, for a class with this vault and this client.
    static func problems(
        _ objects: [KeyVaultObject], vaultName: String, fallback: FallbackVault?
    ) -> [ProviderError] {
        // As written, because another spelling of the same name is read and signed in for by itself.
        var vaults: Set<ByteKey> = [ByteKey(vaultName)]
        if let fallback { vaults.insert(ByteKey(fallback.name)) }
        var clients: Set<ByteKey> = [ByteKey("")]
        var last: ObjectSource?
        for source in objects.lazy.map(\.source) where source != last {
            last = source
            if let name = source.vaultName { vaults.insert(ByteKey(name)) }
            if let fallback = source.fallback { vaults.insert(ByteKey(fallback.name)) }
            if source.clientID != nil || source.tenantID != nil {
                clients.insert(ByteKey("\(source.tenantID ?? "")/\(source.clientID ?? "")"))
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
            .limitExceeded, "the class names \(count) \(what) (\(setting)); the limit of one volume is \(limit)",
            hint: "spread the objects over several SecretProviderClasses, each with a volume of its own")
    }
}
