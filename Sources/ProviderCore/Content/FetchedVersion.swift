/// One version of an object as a vault gave it.
package struct FetchedVersion: Sendable {
    package var item: VaultItem
    package var attributes: ItemAttributes
    package var vault: VaultAddress
    /// The vault stood in for another one.
    package var isFromFallback: Bool
    /// When the vault was asked for it, by the node's own clock that never goes back.
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

    /// What the driver is given. Where another vault stood in, it is named, so that a change of the source is
    /// a change of the version.
    package var version: String { isFromFallback ? "\(item.version)@\(vault.name)" : item.version }
}

/// What a vault says of a version in addition to its content.
package struct ItemAttributes: Sendable, Hashable {
    /// All in seconds since 1970; nil when the vault does not say.
    package var created: Int?
    package var updated: Int?
    package var expires: Int?
    package var notBefore: Int?
    package var contentType: String?
    package var tags: [String: String] = [:]

    package init() {}
}
