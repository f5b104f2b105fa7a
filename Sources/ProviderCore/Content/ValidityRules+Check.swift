internal import Documents

extension ValidityRules {
    /// Throws if the times of a version break these rules. `now` is in seconds since 1970.
    func check(_ attributes: ItemAttributes, of object: KeyVaultObject, now: Int) throws(ProviderError) {
        if let minimum = minimumRemaining, let expires = attributes.expires {
            let left = expires - now
            guard left >= Int(minimum.components.seconds) else {
                let state = left < 0 ? "expired" : "expires"
                throw ProviderError(
                    .objectExpired, of: object,
                    "the object \(state) at \(Timestamp.text(expires)), and minRemaining wants "
                        + "\(Self.text(minimum)) from now on at least")
            }
        }
        if respectsNotBefore, let start = attributes.notBefore, start > now {
            throw ProviderError(
                .objectExpired, of: object,
                "the object is not valid before \(Timestamp.text(start))",
                hint: "wait, give it an earlier start in the vault, or leave respectNotBefore out")
        }
    }

    private static func text(_ duration: Duration) -> String {
        let hours = duration.components.seconds / 3600
        return hours > 0 ? "\(hours) h" : "\(duration.components.seconds) s"
    }
}
