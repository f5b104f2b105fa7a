internal import Budgets
internal import Documents

/// An entry of a vault's list of objects.
package struct ObjectRecord: Sendable, Hashable {
    package var name: String
    package var isEnabled: Bool
    /// Whether Key Vault manages it as part of a certificate.
    package var isManaged: Bool
    package var tags: [String: String]

    package init(name: String, isEnabled: Bool, isManaged: Bool, tags: [String: String]) {
        self.name = name
        self.isEnabled = isEnabled
        self.isManaged = isManaged
        self.tags = tags
    }
}

extension KeyVaultObject {
    /// Returns the objects in `records` that match this object's selector and are enabled, ordered by name. Throws if
    /// none or too many match.
    package func picks(from records: [ObjectRecord]) throws(ProviderError) -> [KeyVaultObject] {
        guard let selector else { return [self] }
        let found = records.filter { $0.isEnabled && selector.fits($0) }
            .sorted { ($0.name.lowercased(), $0.name) < ($1.name.lowercased(), $1.name) }
        guard !found.isEmpty || selector.allowsEmpty else {
            throw ProviderError(
                .objectNotFound, of: self,
                "none of the \(records.count) objects of this type in the vault fits and is enabled",
                hint: "correct the selector, or set allowEmpty: true if there may be none")
        }
        guard found.count <= selector.maximum else {
            throw ProviderError(
                .objectInvalid, of: self,
                "\(found.count) objects fit, and max is \(selector.maximum)",
                hint: "narrow the selector, or raise max up to \(ObjectsDocument.maximumObjects)")
        }
        var picks: [KeyVaultObject] = []
        for record in found {
            var pick = self
            pick.selector = nil
            pick.pickedBy = selector.description
            pick.name = record.name
            pick.alias = selector.fileName.path(name: record.name, prefixLength: selector.prefix?.count ?? 0)
            if let problem = MountPath.problem(with: pick.alias) {
                throw ProviderError(.pathInvalid, of: pick, problem)
            }
            picks.append(pick)
        }
        return picks
    }
}

extension ObjectSelector {
    /// Names are compared without regard to letter case, as in Key Vault, and tags exactly.
    fileprivate func fits(_ record: ObjectRecord) -> Bool {
        guard MountBudget.spend(steps: 1 + tags.count, on: .matching) else { return false }
        if excludesCertificates, record.isManaged { return false }
        if let glob, !Glob(glob, ignoresCase: true).matches(record.name) { return false }
        if let prefix, !record.name.lowercased().hasPrefix(prefix.lowercased()) { return false }
        if let regex, !regex.matches(record.name) { return false }
        return tags.allSatisfy { record.tags[$0.key] == $0.value }
    }
}
