import AzureEmulator
import Foundation
import ProviderTransport
import Synchronization
import TestSupport
import Testing

@Suite("A schedule of faults", .timeLimit(.minutes(20)))
struct FaultScheduleTests {
    @Test("a schedule follows the emulator's clock, and repeats")
    func clock() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let schedule = try FaultSchedule(
                yaml: "every: 1h\nsteps: [{at: 10m, for: 10m, kind: bad-json, target: vault}]")
            for fault in schedule.faults { world.emulator.faults.add(fault) }
            var results: [RPCCode] = []
            // Minutes 0, 15, 30, and 75, which is 15 again.
            for step in [0, 15, 15, 45] {
                world.clock.advance(by: Double(step * 60))
                results.append(try await outcome(in: world))
            }
            #expect(results == [.ok, .internal, .ok, .internal])
        }
    }

    /// The result of a mount by a provider with empty caches.
    private func outcome(in world: EmulatedEnvironment) async throws -> RPCCode {
        let token = try await world.token(lifetime: 20_000)
        let attributes = try await world.attributes(
            objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]), token: token)
        let result = Mutex(RPCCode.ok)
        try await world.withNewProvider { world in
            do {
                _ = try await world.mount(attributes)
            } catch let status as RPCStatus {
                result.withLock { $0 = status.code }
            }
        }
        return result.withLock { $0 }
    }

    @Test("the same seed gives the same random choices")
    func dice() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var runs: [[Bool]] = []
            for _ in 0..<2 {
                let id = world.emulator.faults.add(
                    try Fault(words: ["token-rejected", "target=vault", "probability=0.5", "seed=11"]))
                var run: [Bool] = []
                for _ in 0..<10 {
                    try await world.withNewProvider { world in
                        // The mount fails if the fault strikes too often, which this test does not check.
                        do {
                            _ = try await world.mount(EmulatedEnvironment.object("secret", "plain"))
                        } catch is RPCStatus {}
                    }
                    run.append(world.emulator.faults.entries[0].struck % 2 == 0)
                }
                runs.append(run)
                world.emulator.faults.clear(id)
            }
            #expect(runs[0] == runs[1])
            #expect(Set(runs[0]).count == 2)
        }
    }
}
