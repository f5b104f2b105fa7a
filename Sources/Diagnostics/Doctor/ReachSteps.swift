internal import Azure
internal import ProviderCore

/// The steps to every authority and vault of a mount, and the information that these provide without a token: clocks
/// and tenants.
struct ReachSteps {
    /// The result of all steps.
    struct Reach {
        var steps: [DoctorStep] = []
        var dates: [(name: String, seconds: Int)] = []
        /// The authorities with their tenants, and the vaults, for which a step failed.
        fileprivate var unusable: Set<String> = []

        func isUsable(_ authentication: AuthenticationContext) -> Bool { !unusable.contains(authentication.place) }

        func isUsable(_ vault: VaultAddress) -> Bool { !unusable.contains(vault.host) }
    }

    let settings: Doctor.Settings
    /// The annotations of the pod's ServiceAccount.
    let annotations: AnnotatedIdentity?

    func reach(_ sources: [MountPlan.Source]) async -> Reach {
        var reach = Reach()
        var visited: Set<String> = []
        var tenants: [String: String] = [:]
        for authentication in sources.map(\.authentication) {
            let place = authentication.place
            switch authentication.identity.mode {
            case .workloadIdentity, .servicePrincipal: break
            case .azureTokenProxy, .vmManagedIdentity, .podIdentity: continue
            }
            guard visited.insert(place).inserted else { continue }
            let entra = await EntraSteps(
                settings: settings, authentication: authentication, annotations: annotations
            ).reach()
            reach.steps += entra.steps
            if let date = entra.date { reach.dates.append(("Entra", date)) }
            tenants[place] = entra.tenant
            if entra.steps.contains(where: { $0.status == .failed }) { reach.unusable.insert(place) }
        }
        for source in sources where visited.insert(source.vault.host).inserted {
            let authentication = source.authentication
            let vault = await VaultSteps(
                settings: settings, tenantID: authentication.tenantID, tenant: tenants[authentication.place],
                vault: source.vault
            ).reach()
            reach.steps += vault.steps
            if let date = vault.date { reach.dates.append((source.vault.name, date)) }
            if vault.steps.contains(where: { $0.status == .failed }) { reach.unusable.insert(source.vault.host) }
        }
        return reach
    }
}

extension AuthenticationContext {
    /// The authority with the tenant.
    fileprivate var place: String { "\(cloud.authority)/\(tenantID)" }
}
