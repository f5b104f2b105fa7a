import Benchmark
import Testing

@Suite("The cluster model")
struct ClusterModelTests {
    @Test("the values for one node are those that were calculated by hand")
    func node() {
        let model = ClusterModel(podsPerNode: 30, identitiesPerNode: 6, objectsPerPod: 5)
        #expect(abs(model.upstreamVaultRequestsPerSecond - 2.4) < 1e-9)
        #expect((0.22...0.24).contains(model.vaultRequestsPerSecond))
    }

    @Test("a single pod's values are fetched at the first republish after the refresh interval")
    func lonePod() {
        let model = ClusterModel(podsPerNode: 1, identitiesPerNode: 1, refreshInterval: 120, republishInterval: 75)
        #expect(abs(model.fetchInterval - 150) < 1e-9)
    }

    @Test("the load is proportional to the number of nodes")
    func nodes() {
        let (one, many) = (ClusterModel(nodes: 1), ClusterModel(nodes: 1000))
        #expect(abs(many.vaultRequestsPerSecond / one.vaultRequestsPerSecond - 1000) < 1e-6)
        #expect(abs(many.entraRequestsPerSecond / one.entraRequestsPerSecond - 1000) < 1e-6)
    }

    @Test("values are fetched at every call if the refresh interval is 0")
    func always() {
        let model = ClusterModel(podsPerNode: 30, identitiesPerNode: 6, objectsPerPod: 5, refreshInterval: 0)
        #expect(abs(model.vaultRequestsPerSecond - 30 * 5 / 75) < 1e-9)
    }

    /// Compares the formula with a simulation.
    @Test("the mean time between fetches is calculated", arguments: [1, 2, 5, 15])
    func fetchInterval(pods: Int) {
        let model = ClusterModel(podsPerNode: pods, identitiesPerNode: 1, refreshInterval: 120, republishInterval: 75)
        var generator = SeededGenerator(state: UInt64(pods))
        var total = 0.0
        let rounds = 20_000
        for _ in 0..<rounds {
            // The pod that fetched calls every 75 s from then on. The others call at random times in these 75 s.
            let phases = [0.0] + (1..<pods).map { _ in Double.random(in: 0..<75, using: &generator) }
            // The first call of each pod after the refresh interval.
            let calls = phases.map { phase -> Double in
                let skipped: Double = ((120 - phase) / 75).rounded(.up)
                return phase + skipped * 75
            }
            total += calls.min() ?? 0
        }
        #expect(abs(total / Double(rounds) - model.fetchInterval) < 0.5)
    }

    @Test("values above the limit of a vault are marked with a star")
    func table() {
        let rows = ModelTable.table(of: ClusterModel(), nodes: [100, 1000]).rows
        #expect(rows[0][4] == "2400")
        #expect(rows[2][4] == "24000 *")
        #expect(!rows[2][5].contains("*"))
    }
}
