/// A version of an object as the vault lists it.
package struct VersionRecord: Sendable, Hashable {
    package var version: String
    /// Seconds since 1970.
    package var created: Int
    package var isEnabled: Bool

    package init(version: String, created: Int, isEnabled: Bool) {
        self.version = version
        self.created = created
        self.isEnabled = isEnabled
    }
}

/// Which versions of an object `objectVersionHistory` asks for.
package enum VersionHistory {
    /// Up to `object.versionHistory` enabled versions, the newest first, beginning with the one that
    /// `objectVersion` names (the latest when it is empty or `latest`).
    ///
    /// Upstream returns one version more than asked for, in an order that may change between calls for
    /// versions of the same second, and no file at all for a start that does not exist. Here the count
    /// is exact, equal times are ordered by version, and a missing start is an error.
    package static func select(
        _ records: [VersionRecord], for object: KeyVaultObject
    ) throws(ProviderError) -> [String] {
        let enabled = records.filter(\.isEnabled).sorted { a, b in
            a.created == b.created ? a.version < b.version : a.created > b.created
        }
        var start = enabled.startIndex
        if !object.version.isEmpty, object.version != "latest" {
            guard let index = enabled.firstIndex(where: { $0.version == object.version }) else {
                throw ProviderError(
                    .objectNotFound,
                    object.failurePrefix
                        + "the version is not among the \(enabled.count) enabled versions of the object",
                    hint: "begin the history with an enabled version of the object, or leave objectVersion out")
            }
            start = index
        }
        let selected = enabled[start...].prefix(object.versionHistory).map(\.version)
        guard !selected.isEmpty else {
            throw ProviderError(.objectNotFound, object.failurePrefix + "the object has no enabled version")
        }
        return selected
    }
}
