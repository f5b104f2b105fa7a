import Azure
import AzureEmulator
import AzureTestSupport
import ProviderTransport
import TestSupport
import Testing

@Suite("A mount", .timeLimit(.minutes(20)))
struct FaultHangTests {
    private static let get = "vault:kv-tests get"
    private static let late = "did not answer in time"
    /// The provider's budget is 30 seconds: one attempt of 15 seconds, a pause, and a second one.
    private static let patience = Duration.seconds(40)

    @Test(
        "a mount ends within its budget when a hop hangs, and names that hop",
        arguments: [
            FaultCase.fails(
                "hang target=vault", .internal, ["the vault kv-tests.vault.azure.net \(late)"], calls: [get: 2],
                patience: patience),
            .fails("hang target=entra", .internal, ["Entra ID \(late)"], calls: ["entra": 2], patience: patience),
            .fails(
                "hang target=imds", mode: .managedIdentity, .internal, ["the instance metadata service \(late)"],
                calls: ["imds": 2], patience: patience),
            .fails(
                "drip delay=1s target=vault", .internal, ["the vault kv-tests.vault.azure.net \(late)"],
                calls: [get: 2], patience: patience),
        ])
    func hanging(fault: FaultCase) async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let time = ManualTime.fromNow()
            try await world.withNewProvider(time: time) { world in
                try await fault.mount(in: world)
                // gRPC rounds the driver's timeout up.
                #expect(time.now <= .seconds(31))
                try await fault.mountAgain(in: world)
            }
        }
    }

    @Test("a mount names the proxy when the proxy does not open the connection")
    func hangingProxy() async throws {
        // The node's own identity, so that the short timeout does not affect another connection through the proxy.
        let fault = FaultCase.fails(
            "hang target=proxy:kv*", mode: .managedIdentity, .internal,
            ["the proxy did not open the connection in time", "hop: proxy"], calls: [Self.get: 0])
        try await EmulatedEnvironment.with(keys: false) { world in
            try await world.withNewProvider(time: ManualTime.fromNow(), connectTimeout: .seconds(1)) { world in
                try await fault.mount(in: world)
            }
            try await fault.mountAgain(in: world)
        }
    }

    @Test("a mount waits for a response only as long as the timeout of a request")
    func timeout() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            world.emulator.faults.add(try Fault(words: ["hang", "target=vault"]))
            let request = HTTPRequest(.get, "https://kv-tests.vault.azure.net/secrets/plain?api-version=7.4")
            let failure = await #expect(throws: TransportError.self) {
                try await world.transport.send(request, timeout: .milliseconds(200))
            }
            #expect(failure?.hop == .request && failure?.kind == .timedOut)
            #expect(failure?.reason == "no response within 0.2 s")
        }
    }
}
