/// One version of an object, as fetched from a vault.
package struct FetchedVersion: Sendable {
    package var item: VaultItem
    package var attributes: ItemAttributes
    package var vault: VaultAddress
    /// Whether the fallback vault returned it.
    package var isFromFallback: Bool
    /// When it was requested from the vault, on the node's monotonic clock.
    package var fetchedAt: Duration

    package init(
        _ item: VaultItem, attributes: ItemAttributes = ItemAttributes(), vault: VaultAddress,
        isFromFallback: Bool = false, fetchedAt: Duration = .zero
    ) {
        self.item = item
        self.attributes = attributes
        self.vault = vault
        self.isFromFallback = isFromFallback
        self.fetchedAt = fetchedAt
    }

    /// The version that is reported to the driver. For a fallback vault it includes the vault's name, so that switching
    /// between the vaults changes the version.
    package var version: String { isFromFallback ? "\(item.version)@\(vault.name)" : item.version }
}

/// The attributes that a vault returns with a version's content.
package struct ItemAttributes: Sendable, Hashable {
    /// The times are in seconds since 1970; nil if the vault does not return them.
    package var created: Int?
    package var updated: Int?
    package var expires: Int?
    package var notBefore: Int?
    package var contentType: String?
    package var tags: [String: String] = [:]

    package init() {}
}
