internal import Azure
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

extension MountPipeline {
    /// The number of mounts that are kept for a repeated request.
    package var repeatableMounts: Int { recent.count }

    /// Whether the request of `digest` would be answered as the one before it.
    package func isRepeated(_ digest: RequestDigest) -> Bool { repeated(digest) != nil }

    /// The mount that a request repeats byte for byte, if everything that it depends on is as it was: the pod's token is
    /// valid, the policy has not changed, the node holds an access token, and every content is kept and fresh. Then the
    /// whole way of a mount would have the same result.
    func repeated(_ digest: RequestDigest) -> RepeatableMount? {
        let generation = settings.policy.map { policy(of: $0).generation }
        guard let mount = recent.find(digest, now: time.wallClock(), policyGeneration: generation),
            ledger.contains(mount.volume)
        else { return nil }
        guard fetch.isCurrent(mount.basis, maximumAge: mount.maximumAge) else { return nil }
        fetch.observeCached(mount.basis, contents: mount.result.contents.sources.reduce(0) { $0 + $1.count })
        return mount
    }

    /// Remembers a mount for the next request with the same bytes, where its result depends on nothing but what
    /// `repeated` looks at.
    func remember(
        _ result: MountResult, of authorized: AuthorizedMount, as digest: RequestDigest, into volume: VolumeFingerprint
    ) {
        let attributes = authorized.attributes
        let maximumAge = maximumAge(attributes, isKnown: true)
        guard maximumAge > .zero, let basis = result.contents.basis, let validUntil = attributes.identity.validUntil,
            attributes.validated.knownCloud != nil, attributes.clientSourceAccount == nil, !attributes.hasSelectors,
            result.plan.items.allSatisfy({ $0.object.validity == ValidityRules() })
        else { return }
        var result = result
        result.contents.sources = result.contents.sources.map { $0.map { _ in .cached } }
        recent.store(
            RepeatableMount(
                volume: volume, result: result, basis: basis, policyGeneration: authorized.policyGeneration,
                validUntil: validUntil, maximumAge: maximumAge),
            for: digest)
    }
}
