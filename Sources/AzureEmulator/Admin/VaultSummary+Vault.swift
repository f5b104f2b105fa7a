extension VaultSummary {
    /// The summary of a vault. Parts of certificates are not listed among the deleted objects.
    init(_ vault: Vault) {
        self.init(
            name: vault.name, tenantID: vault.tenantID, access: vault.access, accessPolicies: vault.accessPolicies,
            firewall: vault.firewall,
            objects: Self.byCollection(vault.objects) { objects in
                objects.sorted { $0.name < $1.name }.map(Object.init)
            },
            deleted: Self.byCollection(vault.deleted) { deleted in
                deleted.filter { !$0.object.isManaged }.sorted { $0.object.name < $1.object.name }
                    .map { Deleted(name: $0.object.name, scheduledPurge: $0.scheduledPurge) }
            })
    }

    private static func byCollection<Value, Summary>(
        _ values: [VaultCollection: [String: Value]], _ summary: ([Value]) -> [Summary]
    ) -> [String: [Summary]] {
        var result: [String: [Summary]] = [:]
        for (collection, values) in values { result[collection.rawValue] = summary(Array(values.values)) }
        return result
    }
}

extension VaultSummary.Object {
    fileprivate init(_ object: VaultObject) {
        self.init(
            name: object.name, kind: object.versions.last.map(Self.kind) ?? "", isManaged: object.isManaged,
            tags: object.versions.last?.tags ?? [:],
            versions: object.versions.reversed().map {
                Version(id: $0.id, enabled: $0.enabled, created: $0.created, expires: $0.expires)
            })
    }

    private static func kind(of version: VaultVersion) -> String {
        switch version.content {
        case .secret(_, let contentType, _): contentType ?? ""
        case .key(let key): [key.publicJWK["kty"], key.publicJWK["crv"]].compactMap { $0 }.joined(separator: " ")
        case .certificate(_, let contentType): contentType
        }
    }
}
