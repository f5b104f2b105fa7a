internal import Documents
internal import SecretMemory

/// What the operator of a cluster lets its namespaces ask for.
///
/// Rules add up, as those of Kubernetes' network policies do, so their order means nothing: a mount is
/// permitted when one of the rules for its namespace and service account permits all that it asks for.
/// Only where no rule is for them does the default decide.
///
/// It judges what is asked for, wherever that comes from: the driver lays a pod's `volumeAttributes`
/// over the class's parameters before a provider sees either.
package struct AccessPolicy: Sendable, Equatable {
    package enum Default: String, Sendable, CaseIterable {
        case allow
        case deny
    }

    package struct Rule: Sendable, Equatable {
        package var name: String
        /// Whom the rule is for; everybody when nil.
        var namespaces: [Glob]?
        var serviceAccounts: [Glob]?
        /// What is not listed is not limited.
        var limits: [Limit: [Glob]]
    }

    /// What audit lines call the default; no rule may have this name.
    package static let defaultName = "default"

    package var fallbackDecision: Default
    package var rules: [Rule]

    /// The name of what permits a mount: a rule, or the default.
    package func permission(for attributes: MountConfiguration) throws(ProviderError) -> String {
        try permission(for: attributes.validated, vaultSuffix: attributes.cloud.vaultSuffix)
    }

    /// Throws if no rule permits the mount, whatever the hosts of its vaults turn out to be.
    ///
    /// The hosts are all that a rule compares with the description of a private cloud. Everything else is judged
    /// here, before a file with such a description is opened.
    package func checkWithoutHosts(_ mount: ValidatedMount) throws(ProviderError) {
        _ = try permission(for: mount, vaultSuffix: nil)
    }

    private func permission(for mount: ValidatedMount, vaultSuffix: String?) throws(ProviderError) -> String {
        let pod = mount.pod
        let concerned = rules.filter { rule in
            rule.namespaces.permits(pod.namespace) && rule.serviceAccounts.permits(pod.serviceAccount)
        }
        let whom = "namespace \(pod.namespace.clipped) and service account \(pod.serviceAccount.clipped)"
        guard !concerned.isEmpty else {
            if fallbackDecision == .allow { return Self.defaultName }
            throw ProviderError(
                .policyDenied, "the operator's policy has no rule for \(whom), and denies what no rule is for")
        }
        var objections: [String] = []
        for rule in concerned {
            let found = rule.objections(to: mount, vaultSuffix: vaultSuffix)
            if found.isEmpty { return rule.name }
            objections.append("rule \(rule.name) permits " + found.joined(separator: ", and "))
        }
        throw ProviderError(
            .policyDenied,
            "the operator's policy does not permit this to \(whom): " + objections.joined(separator: "; "))
    }
}

extension AccessPolicy.Rule {
    /// What a mount asks for beyond the rule, each with what the rule permits.
    fileprivate func objections(to mount: ValidatedMount, vaultSuffix: String?) -> [String] {
        AccessPolicy.Limit.allCases.compactMap { limit in
            guard let permitted = limits[limit] else { return nil }
            let refused = limit.asked(by: mount).filter { asked in
                !permitted.contains { limit.matches($0, asked, vaultSuffix: vaultSuffix) }
            }
            guard !refused.isEmpty else { return nil }
            return "\(limit.parameter) \(Self.list(permitted.map(\.text), " or ")), not \(Self.list(refused, " and "))"
        }
    }

    /// At most five of `names`, so that the error stays readable.
    private static func list(_ names: [String], _ conjunction: String) -> String {
        let shown = names.prefix(5).map { $0.isEmpty ? "none" : $0.clipped }.joined(separator: conjunction)
        return names.count > 5 ? "\(shown)\(conjunction)\(names.count - 5) more" : shown
    }
}

extension [Glob]? {
    fileprivate func permits(_ name: String) -> Bool {
        self.map { patterns in patterns.contains { $0.matches(name) } } ?? true
    }
}
