/// A version of an object, as listed by the vault.
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

/// Selects the versions that `objectVersion` and `objectVersionHistory` request, if that depends on the list of all
/// versions.
package enum VersionHistory {
    /// Returns `object.versionHistory` enabled versions, but at least one, newest first. The history begins with the
    /// version that `objectVersion` names: the newest one if it is empty, `latest` or `latest-enabled`, and the second
    /// newest one for `previous`.
    ///
    /// Upstream returns one version more than requested, orders versions of the same second at random, and writes no
    /// file if the first version does not exist. Here the count is exact, equal times are ordered by version, and a
    /// missing first version is an error.
    package static func select(
        _ records: [VersionRecord], for object: KeyVaultObject
    ) throws(ProviderError) -> [String] {
        let enabled = records.filter(\.isEnabled).sorted { a, b in
            a.created == b.created ? a.version < b.version : a.created > b.created
        }
        func absent(_ reason: String, hint: String? = nil) -> ProviderError {
            var error = ProviderError(.objectNotFound, of: object, reason, hint: hint)
            error.isAuthoritativeNotFound = true
            return error
        }
        guard !enabled.isEmpty else { throw absent("the object has no enabled version") }
        var start = enabled.startIndex
        switch object.version {
        case "", "latest", "latest-enabled": break
        case "previous":
            start += 1
            guard start < enabled.endIndex else {
                throw absent(
                    "the object has one enabled version, and none before it",
                    hint: "with required: false the object may be missing until it is rotated for the first time")
            }
        default:
            guard let index = enabled.firstIndex(where: { $0.version == object.version }) else {
                throw absent(
                    "the version is not among the \(enabled.count) enabled versions of the object",
                    hint: "begin the history with an enabled version of the object, or leave objectVersion out")
            }
            start = index
        }
        return enabled[start...].prefix(max(1, object.versionHistory)).map(\.version)
    }
}
