import Testing

@testable import AzureEmulator

@Suite("Which calls a fault strikes")
struct FaultRegistryTests {
    /// A registry with the given faults, each in the words of the command line.
    private static func registry(_ faults: String..., clock: EmulatorClock = .frozen()) throws -> FaultRegistry {
        FaultRegistry(
            clock: clock, faults: try faults.map { try Fault(words: $0.split(separator: " ").map(String.init)) })
    }

    private static func call(
        _ service: EmulatedService = .vault("kv-tests"), _ stage: ServiceCall.Stage = .request,
        method: String = "GET", path: String = "/secrets/x"
    ) -> ServiceCall {
        ServiceCall(service: service, stage: stage, method: method, path: path)
    }

    /// Whether a registry with one fault strikes a call.
    private static func strikes(_ fault: String, _ call: ServiceCall) throws -> Bool {
        try registry(fault).effect(on: call).fault != nil
    }

    /// Whether the fault strikes each of `calls` calls.
    private static func strikes(_ registry: FaultRegistry, calls: Int) -> [Bool] {
        (0..<calls).map { _ in registry.effect(on: call()).fault != nil }
    }

    // MARK: - Matching

    @Test("A target includes only its own service")
    func targets() throws {
        let services: [EmulatedService] = [
            .entra, .vault("kv-tests"), .vault("other"), .imds, .nmi, .tokenProxy, .proxy("kv-tests.vault.azure.net"),
        ]
        let expected: [String: [Bool]] = [
            "any": [true, true, true, true, true, true, false],
            "entra": [true, false, false, false, false, false, false],
            "vault": [false, true, true, false, false, false, false],
            "vault:kv-*": [false, true, false, false, false, false, false],
            "vault:KV-tests": [false, true, false, false, false, false, false],
            "imds": [false, false, false, true, false, false, false],
            "nmi": [false, false, false, false, true, false, false],
            "token-proxy": [false, false, false, false, false, true, false],
            "proxy": [false, false, false, false, false, false, true],
            "proxy:*.vault.azure.net": [false, false, false, false, false, false, true],
            "proxy:login.*": [false, false, false, false, false, false, false],
        ]
        for (text, included) in expected {
            let target = try #require(FaultTarget(text))
            #expect(services.map(target.includes) == included, "\(text)")
        }
        #expect(["", "vaults", "entra:x", "proxies"].allSatisfy { FaultTarget($0) == nil })
    }

    @Test("A fault with a path strikes only the paths that match it")
    func paths() throws {
        let fault = "html target=vault path=/secrets/db-*"
        #expect(try Self.strikes(fault, Self.call(path: "/secrets/db-password")))
        #expect(try Self.strikes(fault, Self.call(path: "/Secrets/DB-password")))
        #expect(try !Self.strikes(fault, Self.call(path: "/secrets/api-key")))
        #expect(try !Self.strikes(fault, Self.call(path: "/keys/db-password")))
    }

    @Test("A fault with a method strikes only requests of that method")
    func methods() throws {
        #expect(try Self.strikes("html method=PUT", Self.call(method: "PUT")))
        #expect(try !Self.strikes("html method=PUT", Self.call(method: "GET")))
    }

    @Test("A certificate fault strikes handshakes, and other faults strike requests and tunnels")
    func stages() throws {
        #expect(try Self.strikes("certificate-expired target=vault", Self.call(.vault("kv-tests"), .handshake)))
        #expect(try !Self.strikes("certificate-expired target=vault", Self.call(.vault("kv-tests"), .request)))
        #expect(try !Self.strikes("reset target=vault", Self.call(.vault("kv-tests"), .handshake)))
        #expect(try Self.strikes("reset target=proxy", Self.call(.proxy("x"), .tunnel)))
        #expect(try !Self.strikes("reset target=vault", Self.call(.proxy("x"), .tunnel)))
    }

    // MARK: - How often

    @Test("The key count limits how often a fault strikes")
    func count() throws {
        let registry = try Self.registry("html count=2")
        #expect(Self.strikes(registry, calls: 4) == [true, true, false, false])
        let entry = try #require(registry.entries.first)
        #expect(entry.struck == 2)
        #expect(entry.matched == 2)
        #expect(entry.isSpent)
    }

    @Test("A call that does not match does not use up the count")
    func countOfMatches() throws {
        let registry = try Self.registry("html count=1 target=entra")
        #expect(Self.strikes(registry, calls: 2) == [false, false])
        #expect(registry.effect(on: Self.call(.entra)).fault != nil)
    }

    @Test("The key pattern decides for each matching call whether the fault strikes")
    func pattern() throws {
        let registry = try Self.registry("html pattern=x..x")
        #expect(Self.strikes(registry, calls: 6) == [true, false, false, true, false, false])
        #expect(registry.entries[0].isSpent)
        #expect(registry.entries[0].matched == 4)
    }

    @Test("A propagation fault refuses the credential, accepts it and refuses it again")
    func propagation() throws {
        let registry = try Self.registry("propagation")
        #expect(Self.strikes(registry, calls: 4) == [true, false, true, false])
    }

    @Test("The key probability strikes some calls, the same ones for the same seed")
    func probability() throws {
        let first = Self.strikes(try Self.registry("html probability=0.3 seed=7"), calls: 200)
        let again = Self.strikes(try Self.registry("html probability=0.3 seed=7"), calls: 200)
        let other = Self.strikes(try Self.registry("html probability=0.3 seed=8"), calls: 200)
        #expect(first == again)
        #expect(first != other)
        #expect((40...80).contains(first.count { $0 }))
        #expect(!Self.strikes(try Self.registry("html probability=0"), calls: 20).contains(true))
    }

    // MARK: - When

    /// For each moment, in seconds after the setting, whether the fault strikes.
    private static func strikes(_ fault: String, at moments: [Double]) throws -> [Bool] {
        let clock = EmulatorClock.frozen()
        let registry = try registry(fault, clock: clock)
        var now = 0.0
        return moments.map { moment in
            clock.advance(by: moment - now)
            now = moment
            return registry.effect(on: call()).fault != nil
        }
    }

    @Test("The key at delays the start of a fault, and for ends it after its start")
    func period() throws {
        #expect(
            try Self.strikes("html at=10s for=5s", at: [0, 9, 10, 14, 15, 100])
                == [false, false, true, true, false, false])
        #expect(try Self.strikes("html for=5s", at: [0, 4, 5]) == [true, true, false])
        #expect(try Self.strikes("html at=10s", at: [9, 10, 10_000]) == [false, true, true])
    }

    @Test("The key every starts a fault again")
    func every() throws {
        #expect(
            try Self.strikes("html at=10s for=5s every=1m", at: [9, 10, 15, 69, 70, 74, 75, 130])
                == [false, true, false, false, true, true, false, true])
    }

    @Test("A fault is removed when it has ended, unless it starts again")
    func spent() throws {
        let clock = EmulatorClock.frozen()
        let registry = try Self.registry("html for=5s", "html for=5s every=1m", "html at=1h", clock: clock)
        #expect(registry.entries.map(\.isSpent) == [false, false, false])
        clock.advance(by: 5)
        #expect(registry.entries.map(\.isSpent) == [true, false, false])
    }

    @Test("A fault on the machine's clock ignores the emulator's clock")
    func realClock() throws {
        let clock = EmulatorClock.frozen()
        let registry = try Self.registry("html at=1h clock=real", clock: clock)
        clock.advance(by: 7200)
        #expect(Self.strikes(registry, calls: 1) == [false])
        let ending = try Self.registry("html for=1h clock=real", clock: clock)
        clock.advance(by: 7200)
        #expect(Self.strikes(ending, calls: 1) == [true])
    }

    // MARK: - Several faults

    @Test("All latencies add up, and of the other faults the first one that strikes takes effect")
    func several() throws {
        let registry = try Self.registry(
            "latency delay=20ms", "html target=entra", "reset count=1", "latency delay=30ms target=vault", "html")
        var effect = registry.effect(on: Self.call())
        #expect(effect.delay == .milliseconds(50))
        #expect(effect.fault?.kind == .reset)
        effect = registry.effect(on: Self.call())
        #expect(effect.fault?.kind == .html)
        #expect(registry.entries.map(\.struck) == [2, 0, 1, 2, 1])
    }

    @Test("A fault is removed by its number, and numbers are not reused")
    func clearing() throws {
        let registry = try Self.registry("html", "reset")
        #expect(registry.clear(1))
        #expect(!registry.clear(1))
        #expect(registry.entries.map(\.id) == [2])
        #expect(registry.add(try Fault(words: ["hang"])) == 3)
        #expect(registry.clear())
        #expect(registry.entries.isEmpty)
        #expect(Self.strikes(registry, calls: 1) == [false])
    }
}
