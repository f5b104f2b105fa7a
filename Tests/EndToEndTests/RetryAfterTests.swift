import AzureEmulator
import AzureTestSupport
import Foundation
import ProviderTransport
import TestSupport
import Testing

@Suite("A service that sends Retry-After", .timeLimit(.minutes(20)))
struct RetryAfterTests {
    @Test(
        "Retry-After is obeyed in each notation that Azure uses",
        arguments: ["seconds", "date", "retry-after-ms", "x-ms-retry-after-ms"], ["vault", "entra"])
    func obeyed(notation: String, target: String) async throws {
        let time = ManualTime.fromNow()
        let clock = EmulatorClock(stoppedAt: Date(timeIntervalSince1970: Double(time.start)))
        try await EmulatedEnvironment.with(keys: false, clock: clock) { world in
            try await world.withNewProvider(time: time) { world in
                let fault = try Fault(
                    words: [
                        "status", "status=429", "retryAfter=7s", "count=1", "notation=\(notation)", "target=\(target)",
                    ])
                world.emulator.faults.add(fault)
                #expect(
                    try await world.mount(EmulatedEnvironment.object("secret", "plain")).text("plain") == "plain value")
                #expect(time.sleeps == [.seconds(7)])
            }
        }
    }

    @Test("a Retry-After beyond the mount's deadline ends the mount immediately with the refusal")
    func tooLong() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let time = ManualTime.fromNow()
            try await world.withNewProvider(time: time) { world in
                world.emulator.faults.add(
                    try Fault(words: ["status", "status=429", "retryAfter=10m", "target=vault"]))
                let attributes = try await world.attributes(
                    objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
                let status = try await world.failure(attributes)
                #expect(status.code == .internal)
                #expect(status.message.contains("RESPONSE 429"))
                #expect(time.sleeps.isEmpty)
                #expect(world.emulator.callCounts.calls("vault") == 1)
            }
        }
    }

    @Test("A federated credential that is not yet known everywhere is refused for one token and not for the next")
    func propagation() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            world.emulator.faults.add(try Fault(words: ["propagation", "target=entra"]))
            var results: [RPCCode] = []
            for index in 0..<5 {
                // Each mount has its own token, because the kubelet renews tokens after some time.
                let token = try await world.token(lifetime: 3600 + index)
                let attributes = try await world.attributes(
                    objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]), token: token)
                do {
                    _ = try await world.mount(attributes)
                    results.append(.ok)
                } catch let status as RPCStatus {
                    results.append(status.code)
                    #expect(status.message.contains("AADSTS70021"))
                }
            }
            #expect(results == [.unauthenticated, .ok, .unauthenticated, .ok, .ok])
            #expect(world.emulator.callCounts.calls("entra") == 5)
        }
    }
}
