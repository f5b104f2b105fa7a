internal import Azure
internal import ProviderCore

/// What the result of a mount depends on, in addition to the bytes of its request.
struct RepeatCondition: Sendable {
    let volume: VolumeFingerprint
    /// The tokens and the cache entries that the result was made of.
    fileprivate let basis: FetchBasis
    /// Of the rules that permitted the mount; nil without a policy.
    fileprivate let policyGeneration: Int?
    /// When the pod's token expires, in seconds since 1970: from then on the request is refused.
    fileprivate let validUntil: Int
    /// How old the contents may be.
    fileprivate let maximumAge: Duration
    let contentCount: Int
}

extension MountPipeline {
    /// The condition under which the same request has the same result; nil where that is unknown.
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

    /// Whether a repeated request has the same result now: the pod's token is valid, the policy has not changed, the node
    /// holds an access token, and every content is kept and fresh.
    func isRepeated(_ condition: RepeatCondition) -> Bool {
        time.wallClock() < condition.validUntil
            && settings.policy.map { policy(of: $0).generation } == condition.policyGeneration
            && ledger.contains(condition.volume)
            && fetch.isCurrent(condition.basis, maximumAge: condition.maximumAge)
    }

    /// Counts the contents of a repeated request, as a mount does.
    func countRepeated(_ condition: RepeatCondition) {
        fetch.observeCached(condition.basis, contents: condition.contentCount)
    }

    /// Whether the contents are still in memory, however old they are.
    func isHeld(_ condition: RepeatCondition) -> Bool { fetch.isHeld(condition.basis) }
}

extension Identity {
    /// Until when a request with this identity stays valid, in seconds since 1970. Nil where that is unknown.
    fileprivate var validUntil: Int? {
        switch self {
        case .workloadIdentity(_, let token), .azureTokenProxy(_, let token): token.claims?.expiry
        case .servicePrincipal, .podIdentity, .vmManagedIdentity: .max
        case .certificatePrincipal: nil
        }
    }
}
