internal import Documents
internal import SecretMemory

/// The rules with which a cluster operator limits what namespaces can mount.
///
/// Rules are additive, like Kubernetes network policies, and their order does not matter: a mount is allowed if one of
/// the rules for its namespace and service account allows everything that it requests. The default decides only if no
/// rule applies to them.
///
/// The policy checks the effective request: before a provider sees it, the driver overlays the class's parameters with
/// the pod's `volumeAttributes`.
package struct AccessPolicy: Sendable, Equatable {
    /// The decision for mounts that no rule applies to.
    package enum Default: String, Sendable, CaseIterable {
        case allow
        case deny
    }

    /// A rule of the policy.
    package struct Rule: Sendable, Equatable {
        package var name: String
        /// The namespaces that the rule applies to; nil for all.
        var namespaces: [Glob]?
        /// The service accounts that the rule applies to; nil for all.
        var serviceAccounts: [Glob]?
        /// The allowed values; a limit that is not listed does not restrict anything.
        var limits: [Limit: [Glob]]
    }

    /// The name of the default decision in audit lines. A rule cannot have this name.
    package static let defaultName = "default"

    package var fallbackDecision: Default
    package var rules: [Rule]

    /// Returns the name of the rule that allows the mount, or the name of the default. Throws `.policyDenied` if the
    /// mount is not allowed.
    package func permission(for attributes: MountConfiguration) throws(ProviderError) -> String {
        try permission(for: attributes.validated, vaultSuffix: attributes.cloud.vaultSuffix)
    }

    /// Throws if no rule can allow the mount, regardless of its vaults' hosts.
    ///
    /// Only the hosts depend on the description of a private cloud. Everything else is checked here, before the file
    /// with the description is opened.
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
    /// Returns what the mount requests beyond the rule, each with the values that the rule allows.
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

    /// Returns at most five of `names`, so that the error stays readable.
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
