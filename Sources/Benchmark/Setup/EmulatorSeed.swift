/// The seed file of the emulated Azure: tenants, each with an identity and a vault.
struct EmulatorSeed: Sendable {
    /// The tenant of one application, with its identity, service account and vault.
    struct Tenant: Hashable, Sendable {
        let index: Int

        var tenantID: String { "99999999-9999-4999-8999-\(padded)" }
        var clientID: String { "11111111-aaaa-4aaa-8aaa-\(padded)" }
        var namespace: String { "team-\(index)" }
        var serviceAccount: String { "app" }
        var vault: String { "kv-bench-\(index)" }

        private var padded: String { String(repeating: "0", count: 12 - "\(index)".count) + "\(index)" }
    }

    /// Six tenants, as in the `steady` scenario.
    var tenants = (0..<6).map { Tenant(index: $0) }
    /// The number of secrets in the first tenant's vault.
    var secrets = 2000
    /// The number of secrets in the vault of every other tenant: as many as one of its pods mounts.
    static let secretsPerOtherTenant = 5

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
            for index in 0..<(tenant.index == 0 ? secrets : Self.secretsPerOtherTenant) {
                lines.append("      - { name: \(Self.name(index)), value: \(Self.value(of: Self.name(index))) }")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
