import ProviderTransport
import Testing

@Suite("A mount", .timeLimit(.minutes(2)))
struct FaultHangTests {
    private static let get = "vault:kv-tests get"
    private static let late = "did not answer in time"

    @Test(
        "ends within its budget when a hop hangs, and names that hop",
        arguments: [
            FaultCase.fails(
                "hang target=vault", .internal, ["the vault kv-tests.vault.azure.net \(late)"], calls: [get: 1],
                patience: .seconds(20)),
            .fails("hang target=entra", .internal, ["Entra ID \(late)"], calls: ["entra": 1], patience: .seconds(20)),
            .fails(
                "hang target=imds", mode: .managedIdentity, .internal, ["the instance metadata service \(late)"],
                calls: ["imds": 1], patience: .seconds(20)),
            .fails(
                "drip delay=1s target=vault", .internal, ["the vault kv-tests.vault.azure.net \(late)"],
                calls: [get: 1], patience: .seconds(20)),
            .fails(
                "hang target=proxy:kv*", .internal, ["the proxy did not open the connection in time", "hop: proxy"],
                calls: [get: 0]),
        ])
    func hanging(fault: FaultCase) async throws {
        // Short where that is what is waited for; elsewhere a busy machine may take a while to connect.
        let waitsForProxy = fault.faults.contains { $0.contains("target=proxy") }
        try await FaultCase.run([fault], connectTimeout: .seconds(waitsForProxy ? 2 : 5))
    }
}
