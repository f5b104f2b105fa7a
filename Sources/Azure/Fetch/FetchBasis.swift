internal import ProviderCore

/// The tokens and cache entries that the contents of a mount were taken from.
///
/// While all of them are still kept and fresh enough, another fetch for the same plan gives the same contents.
/// `VaultFetch.isCurrent` checks that without a request and without work for each object's content.
package struct FetchBasis: Sendable {
    /// One vault, and the token with which the mount proved its principal to it.
    struct Part: Sendable {
        var token: TokenCache.Key
        var entries: [Entry]
    }

    struct Entry: Sendable {
        var key: ValueCache.Key
        /// `ValueCache.Entry.number` of the entry that was used. Another number is another response of the vault.
        var number: UInt64
    }

    var parts: [Part]

    /// Nil unless all of `contents` came from the vault or the cache in the ordinary way.
    static func entries(of contents: [FetchBatch.Content]) -> [Entry]? {
        if contents.contains(where: { $0.source == .stale }) { return nil }
        return contents.map { Entry(key: $0.job.key, number: $0.entry.number) }
    }
}

extension VaultFetch {
    /// Whether another fetch would give the contents that `basis` describes without a request, if contents may be
    /// `maximumAge` old.
    ///
    /// The mount must still hold a token for each vault: that is the proof of its principal.
    package func isCurrent(_ basis: FetchBasis, maximumAge: Duration) -> Bool {
        let freshness = ValueCache.Freshness(maximumAge: maximumAge)
        return basis.parts.allSatisfy { tokens.holdsToken($0.token) && reader.values.holds($0.entries, freshness) }
    }

    /// Whether the entries of `basis` are still in memory, however old they are.
    package func isHeld(_ basis: FetchBasis) -> Bool {
        basis.parts.allSatisfy { reader.values.holds($0.entries, nil) }
    }

    /// Reports contents that were answered from memory, as `contents` does.
    package func observeCached(_ basis: FetchBasis, contents: Int) {
        for _ in basis.parts { reader.observer.observe(TokenSource.cached) }
        reader.observer.observe(ContentSource.cached, count: contents)
    }
}
