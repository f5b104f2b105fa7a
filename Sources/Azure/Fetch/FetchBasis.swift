internal import ProviderCore

/// The tokens and cache entries that the contents of a mount were taken from.
///
/// While the cache holds all of them and they are fresh enough, another fetch for the same plan returns the same
/// contents. `VaultFetch.isCurrent` checks this without a request and without reading the contents.
package struct FetchBasis: Sendable {
    /// One vault, and the token with which the mount proved its principal.
    struct Part: Sendable {
        var token: TokenCache.Key
        var entries: [Entry]
    }

    struct Entry: Sendable {
        var key: ValueCache.Key
        /// The `ValueCache.Entry.number` of the entry that was used. An entry with another number comes from another
        /// response of the vault.
        var number: UInt64
    }

    var parts: [Part]

    /// The number of tokens and entries.
    package var count: Int { parts.reduce(0) { $0 + 1 + $1.entries.count } }

    /// Returns the entries of `contents`, or nil if one of them is stale.
    static func entries(of contents: [FetchBatch.Content]) -> [Entry]? {
        if contents.contains(where: { $0.source == .stale }) { return nil }
        return contents.map { Entry(key: $0.job.key, number: $0.entry.number) }
    }
}

extension VaultFetch {
    /// Whether another fetch would return the contents that `basis` describes without a request, if contents can have
    /// an age of `maximumAge`.
    ///
    /// The cache must still hold a token for each vault, because the token is the proof of the mount's principal.
    package func isCurrent(_ basis: FetchBasis, maximumAge: Duration) -> Bool {
        let freshness = ValueCache.Freshness(maximumAge: maximumAge)
        return basis.parts.allSatisfy { tokens.holdsToken($0.token) && reader.values.holds($0.entries, freshness) }
    }

    /// Whether the entries of `basis` are still in memory, regardless of their age.
    package func isHeld(_ basis: FetchBasis) -> Bool {
        basis.parts.allSatisfy { reader.values.holds($0.entries, nil) }
    }

    /// Reports contents that came from the cache to the observer, as `contents` does.
    package func observeCached(_ basis: FetchBasis, contents: Int) {
        for _ in basis.parts { reader.observer.observe(TokenSource.cached) }
        reader.observer.observe(ContentSource.cached, count: contents)
    }
}
