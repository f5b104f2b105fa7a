package import ProviderCore
internal import Synchronization

/// Fetches all objects of a plan for one identity: proof first, then the lists of versions that are
/// wanted, then all contents side by side, sharing with other mounts of the same principal.
package struct VaultFetch: Sendable {
    /// A vault that changes faster than it is read is answered as it was read in the last round.
    private static let maximumRounds = 3

    private let tokens: AccessTokenSource
    private let reader: ObjectReader
    private let resources = LearnedResources()

    package init(
        tokens: AccessTokenSource, vault: KeyVaultClient, values: ValueCache,
        time: TimeSource = .system, observer: any FetchObserver = SilentObserver()
    ) {
        self.tokens = tokens
        reader = ObjectReader(vault: vault, values: values, time: time, observer: observer)
    }

    /// The versions of each item, none kept from earlier than `maximumAge` ago. Every object that fails
    /// is reported, in the plan's order.
    ///
    /// Objects that are read as their latest belong together, such as a user's name and password: when
    /// one has changed, the others are read again, so that all are from after the change.
    package func contents(
        of plan: MountPlan, as attributes: MountAttributes, maximumAge: Duration, priority: FetchPriority,
        until deadline: Deadline
    ) async throws(ProviderError) -> FetchedContents {
        var resource = resources[plan.vault.host] ?? attributes.cloud.vaultResource
        var token = try await tokens.token(for: attributes, resource: resource, priority: priority, until: deadline)
        var round = FetchRound(
            plan: plan, principal: Principal(attributes), owner: attributes.pod.namespace, maximumAge: maximumAge,
            priority: priority, deadline: deadline)
        var number = 1
        var isRenewed = false
        while true {
            switch await round.run(with: reader, token) {
            case .rejected(let wanted, let error):
                // The vault may want another audience than its cloud's, or have seen the token expire.
                tokens.drop(token, for: attributes, resource: resource)
                guard !isRenewed else { throw error }
                isRenewed = true
                resource = wanted ?? resource
                token = try await tokens.token(
                    for: attributes, resource: resource, priority: priority, until: deadline)
            case .failed(let error):
                throw error
            case .found(let contents, let outdated):
                if isRenewed { resources[plan.vault.host] = resource }
                if outdated.isEmpty || number == Self.maximumRounds { return contents }
                round.notBefore = outdated
                number += 1
            }
        }
    }
}

/// What was fetched for a plan, and from where.
package struct FetchedContents: Sendable {
    /// By item of the plan, the newest version first.
    package var items: [[VaultItem]]
    /// Of each of those.
    package var sources: [[ContentSource]]
}

/// What vaults have said, in their challenges, that they want tokens for, where that is not what their
/// cloud says.
private final class LearnedResources: Sendable {
    private static let maximum = 1000
    private let byHost = Mutex<[String: String]>([:])

    subscript(host: String) -> String? {
        get { byHost.withLock { $0[host] } }
        set {
            byHost.withLock { known in
                if known.count >= Self.maximum { known = [:] }
                known[host] = newValue
            }
        }
    }
}
