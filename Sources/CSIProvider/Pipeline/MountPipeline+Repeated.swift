internal import Azure
internal import ProviderCore

/// The conditions under which an identical mount request has the same result.
struct RepeatCondition: Sendable {
    let volume: VolumeFingerprint
    /// The tokens and cache entries that the result was made of.
    fileprivate let basis: FetchBasis
    /// The generation of the policy that allowed the mount; nil without a policy.
    fileprivate let policyGeneration: Int?
    /// The time at which the pod's token expires, in seconds since 1970. After it, the request is refused.
    fileprivate let validUntil: Int
    /// The maximum age of the contents.
    fileprivate let maximumAge: Duration
    let contentCount: Int

    var entryCount: Int { basis.count }
}

extension MountPipeline {
    /// Whether a response can be repeated at all: without cached tokens, each mount has to prove its principal itself.
    var canRepeat: Bool { settings.cache.keepsTokens }

    /// Returns the condition under which the same request has the same result, or nil if it cannot be known.
    func repeatCondition(
        of result: MountResult, _ authorized: AuthorizedMount, into volume: VolumeFingerprint
    ) -> RepeatCondition? {
        let attributes = authorized.attributes
        let maximumAge = maximumAge(attributes, isKnown: true)
        guard maximumAge > .zero, let basis = result.contents.basis, let validUntil = attributes.identity.validUntil,
            attributes.validated.knownCloud != nil, attributes.clientSourceAccount == nil, !attributes.hasSelectors,
            result.plan.items.allSatisfy({ $0.object.validity == ValidityRules() })
        else { return nil }
        return RepeatCondition(
            volume: volume, basis: basis, policyGeneration: authorized.policyGeneration, validUntil: validUntil,
            maximumAge: maximumAge, contentCount: result.contents.sources.reduce(0) { $0 + $1.count })
    }

    /// Whether a repeated request has the same result now: the pod's token is valid, the policy has not changed, the
    /// node holds an access token, and every content is cached and fresh.
    func isRepeated(_ condition: RepeatCondition) -> Bool {
        time.wallClock() < condition.validUntil
            && settings.policy.map { policy(of: $0).generation } == condition.policyGeneration
            && ledger.contains(condition.volume)
            && fetch.isCurrent(condition.basis, maximumAge: condition.maximumAge)
    }

    /// Counts the contents of a repeated request in the metrics, as for any mount.
    func countRepeated(_ condition: RepeatCondition) {
        fetch.observeCached(condition.basis, contents: condition.contentCount)
    }

    /// Whether the contents are still in memory, regardless of their age.
    func isHeld(_ condition: RepeatCondition) -> Bool { fetch.isHeld(condition.basis) }
}

extension Identity {
    /// The time until which a request with this identity is valid, in seconds since 1970; nil if it is not known.
    fileprivate var validUntil: Int? {
        switch self {
        case .workloadIdentity(_, let token), .azureTokenProxy(_, let token): token.claims?.expiry
        case .servicePrincipal, .podIdentity, .vmManagedIdentity: .max
        case .certificatePrincipal: nil
        }
    }
}
