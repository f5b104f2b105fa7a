import Azure
import AzureEmulator
import Foundation
import TestSupport
import Testing

@Suite("The latency fault", .timeLimit(.minutes(20)))
struct FaultLatencyTests {
    @Test("latency delays the matching calls, is counted, and ends when it is removed")
    func delays() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let clock = ContinuousClock()
            let entra = try Fault(words: ["latency", "target=entra", "delay=150ms"])
            let vault = try Fault(words: ["latency", "target=vault:KV-tests", "path=/secrets/pl*", "delay=150ms"])
            let other = try Fault(words: ["latency", "target=vault:another", "delay=1h"])
            let ids = [entra, vault, other].map { world.emulator.faults.add($0) }
            let object = EmulatedEnvironment.object("secret", "plain")
            let slow = try await clock.measure { _ = try await world.mount(object) }
            #expect(slow >= .milliseconds(300))
            #expect(world.emulator.faults.entries.map(\.struck) == [1, 1, 0])
            #expect(world.emulator.callCounts.calls("entra") == 1)
            #expect(world.emulator.callCounts.calls("vault:kv-tests get") == 1)
            for id in ids { #expect(world.emulator.faults.clear(id)) }
            #expect(world.emulator.faults.entries.isEmpty)
            // A removed fault does not delay calls: this one would last longer than the mount.
            let endless = world.emulator.faults.add(try Fault(words: ["latency", "target=any", "delay=1h"]))
            #expect(world.emulator.faults.clear(endless))
            _ = try await world.mount(object)
        }
    }

    @Test("delayed calls wait at the same time, and their peak is counted")
    func peak() async throws {
        try await EmulatedEnvironment.with(keys: false, cache: .off) { world in
            world.emulator.faults.add(try Fault(words: ["latency", "target=vault", "delay=1s"]))
            let objects = (0..<12).map { EmulatedEnvironment.object("secret", "plain", "objectAlias: f\($0)") }
            let attributes = try await world.attributes(objects: EmulatedEnvironment.array(objects))
            _ = try await world.mount(attributes)
            let counts = world.emulator.callCounts.classes["vault"]
            #expect(counts?.peak ?? 0 > 1)
            #expect(counts?.running == 0)
            world.emulator.resetCallCounts()
            #expect(world.emulator.callCounts.calls("vault") == 0)
            #expect(world.emulator.callCounts.vault == 0)
        }
    }
}
