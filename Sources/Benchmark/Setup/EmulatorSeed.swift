/// What the emulated Azure holds for the benchmark: tenants with an identity and a vault each.
struct BenchSeed: Sendable {
    /// An application's own tenant, identity, service account and vault.
    struct Tenant: Hashable, Sendable {
        let index: Int

        var tenantID: String { "99999999-9999-4999-8999-\(padded)" }
        var clientID: String { "11111111-aaaa-4aaa-8aaa-\(padded)" }
        var namespace: String { "team-\(index)" }
        var serviceAccount: String { "app" }
        var vault: String { "kv-bench-\(index)" }

        private var padded: String { String(repeating: "0", count: 12 - "\(index)".count) + "\(index)" }
    }

    /// Six, as on the node of the design's figures.
    var tenants = (0..<6).map { Tenant(index: $0) }
    /// Secrets in the first tenant's vault. The others have as many as a pod of theirs mounts.
    var secrets = 2000
    static let secretsOfOthers = 5

    static func name(_ index: Int) -> String { "secret-\(index)" }
    static func value(of name: String) -> String { "the value of \(name) in the vault" }

    var yaml: String {
        var lines = ["identities:"]
        for tenant in tenants {
            lines += [
                "  - name: app-\(tenant.index)", "    clientID: \(tenant.clientID)",
                "    tenantID: \(tenant.tenantID)", "    federatedCredentials:",
                "      - subject: system:serviceaccount:\(tenant.namespace):\(tenant.serviceAccount)",
            ]
        }
        lines.append("vaults:")
        for tenant in tenants {
            lines += [
                "  - name: \(tenant.vault)", "    tenantID: \(tenant.tenantID)", "    access:",
                "      - identity: app-\(tenant.index)", "        role: Key Vault Secrets User", "    secrets:",
            ]
            for index in 0..<(tenant.index == 0 ? secrets : Self.secretsOfOthers) {
                lines.append("      - { name: \(Self.name(index)), value: \(Self.value(of: Self.name(index))) }")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
