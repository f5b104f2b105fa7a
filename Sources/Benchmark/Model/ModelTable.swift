/// The table of `ClusterModel` for clusters of different sizes.
package enum ModelTable {
    /// Requests in ten seconds, all of them at one vault. A star marks values above Key Vault's limit.
    package static func table(of model: ClusterModel, nodes: [Int] = [10, 30, 100, 300, 1000, 3000, 10_000]) -> Table {
        var table = Table(
            columns: [
                "nodes", "pods", "refresh interval", "fetched every", "Key Vault, upstream", "Key Vault, here",
                "Entra, upstream",
                "Entra, here",
            ])
        for count in nodes {
            for refresh in [model.refreshInterval, 600] {
                var model = model
                model.nodes = count
                model.refreshInterval = refresh
                table.add([
                    "\(count)", "\(count * model.podsPerNode)", "\(Int(refresh)) s",
                    NumberFormat.text(model.fetchInterval) + " s",
                    perTenSeconds(model.upstreamVaultRequestsPerSecond, limit: ClusterModel.vaultLimit),
                    perTenSeconds(model.vaultRequestsPerSecond, limit: ClusterModel.vaultLimit),
                    perTenSeconds(model.upstreamEntraRequestsPerSecond), perTenSeconds(model.entraRequestsPerSecond),
                ])
            }
        }
        return table
    }

    private static func perTenSeconds(_ rate: Double, limit: Double = .infinity) -> String {
        NumberFormat.text(rate * 10) + (rate * 10 > limit ? " *" : "")
    }
}
