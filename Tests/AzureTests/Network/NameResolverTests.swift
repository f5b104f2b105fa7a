import Synchronization
import TestSupport
import Testing

@testable import Azure

@Suite("The name resolver", .timeLimit(.minutes(5)))
struct NameResolverTests {
    private static let local: [UInt8] = [127, 0, 0, 1]
    private static let local6 = [UInt8](repeating: 0, count: 15) + [1]

    /// The result of a look-up, by family.
    private final class Outcome: Sendable {
        private let state = Mutex<[AddressFamily: [Result<[[UInt8]], NameLookup.Failure>]]>([:])

        init(_ resolver: NameResolver, _ host: String, for namespace: String = "team") {
            resolver.resolve(host, for: namespace) { [self] family, result in
                state.withLock { $0[family, default: []].append(result) }
            }
        }

        /// The addresses; nil if there are none or the result is not known yet.
        subscript(family: AddressFamily) -> [[UInt8]]? {
            guard case .success(let addresses) = state.withLock({ $0[family]?.first }) else { return nil }
            return addresses
        }

        func hasFailed(_ family: AddressFamily, _ failure: NameLookup.Failure) -> Bool {
            state.withLock { state in
                if case .failure(failure)? = state[family]?.first { true } else { false }
            }
        }

        /// Whether each family has a result, exactly once.
        var isComplete: Bool {
            state.withLock { state in AddressFamily.allCases.allSatisfy { state[$0]?.count == 1 } }
        }

        func complete() async throws -> Self {
            #expect(try await eventually { isComplete })
            return self
        }
    }

    private static func found(_ question: FakeNameServer.Question, _ timeToLive: Int) -> FakeNameServer.Answer {
        .addresses([question.family == .v4 ? local : local6], timeToLive: timeToLive)
    }

    private static func with(
        _ limits: NameResolver.Limits = .init(timeout: .seconds(3600)),
        answering rule: @escaping @Sendable (FakeNameServer.Question) -> FakeNameServer.Answer = { found($0, 60) },
        _ body: (NameResolver, FakeNameServer) async throws -> Void
    ) async throws {
        try await FakeNameServer.with(rule) { server async throws in
            try await body(NameResolver(servers: server.address, limits: limits), server)
        }
    }

    @Test("the resolver finds the addresses of both families")
    func families() async throws {
        try await Self.with { resolver, _ async throws in
            let outcome = try await Outcome(resolver, "Vault.Example").complete()
            #expect(outcome[.v4] == [Self.local])
            #expect(outcome[.v6] == [Self.local6])
        }
    }

    @Test("concurrent requests for a name share one look-up")
    func shared() async throws {
        try await Self.with(answering: { _ in .none }) { resolver, server async throws in
            let outcomes = (0..<50).map { Outcome(resolver, "vault.example", for: "team-\($0 % 3)") }
            #expect(try await eventually { server.wasAsked(for: "vault.example") })
            server.answerHeld { Self.found($0, 60) }
            for outcome in outcomes { #expect(try await outcome.complete()[.v4] == [Self.local]) }
            #expect(server.lookups(of: "vault.example") == 1)
        }
    }

    @Test("the resolver caches addresses, and names that do not exist", arguments: [true, false])
    func memory(exists: Bool) async throws {
        try await Self.with(answering: { exists ? Self.found($0, 3600) : .noSuchName }) {
            resolver, server async throws in
            for _ in 0..<5 {
                let outcome = try await Outcome(resolver, "vault.example.").complete()
                #expect(outcome[.v4] == (exists ? [Self.local] : nil))
                #expect(outcome.hasFailed(.v4, .noAddress) == !exists)
            }
            #expect(server.lookups(of: "vault.example") == 1)
        }
    }

    @Test("a cached address expires after its time to live", arguments: [0, 1])
    func timeToLive(seconds: Int) async throws {
        try await Self.with(answering: { Self.found($0, seconds) }) { resolver, server async throws in
            #expect(
                try await eventually {
                    _ = try await Outcome(resolver, "vault.example").complete()
                    return server.lookups(of: "vault.example") == 2
                })
        }
    }

    @Test("a family whose look-up fails is not requested again if the other one was found")
    func halfAnswered() async throws {
        try await Self.with(answering: { $0.family == .v4 ? Self.found($0, 3600) : .serverFailure }) {
            resolver, server async throws in
            for _ in 0..<5 {
                let outcome = try await Outcome(resolver, "vault.example").complete()
                #expect(outcome[.v4] == [Self.local])
                #expect(outcome.hasFailed(.v6, .noResponse))
            }
            #expect(server.lookups(of: "vault.example") == 1)
        }
    }

    @Test("a look-up without a response is not cached")
    func noAnswer() async throws {
        try await Self.with(answering: { _ in .serverFailure }) { resolver, server async throws in
            for _ in 0..<2 {
                #expect(try await Outcome(resolver, "vault.example").complete().hasFailed(.v4, .noResponse))
            }
            #expect(server.lookups(of: "vault.example") == 2)
        }
    }

    @Test("a namespace gets its share of look-ups, and others get responses meanwhile")
    func share() async throws {
        try await Self.with(answering: { $0.name.hasPrefix("dead") ? .none : Self.found($0, 60) }) {
            resolver, server async throws in
            let dead = (0..<100).map { Outcome(resolver, "dead-\($0).example", for: "loud") }
            #expect(resolver.running == NameResolver.Limits().ofNamespace)
            for index in 0..<50 {
                #expect(
                    try await Outcome(resolver, "vault-\(index).example", for: "quiet").complete()[.v4] == [Self.local])
            }
            #expect(resolver.running == NameResolver.Limits().ofNamespace)
            #expect(dead.allSatisfy { $0[.v4] == nil })
            // If another namespace waits for the same name, the look-up counts towards the share of that namespace.
            let shared = [
                Outcome(resolver, "vault.example", for: "loud"), Outcome(resolver, "vault.example", for: "other"),
            ]
            for outcome in shared { #expect(try await outcome.complete()[.v4] == [Self.local]) }
            #expect(server.lookups(of: "vault.example") == 1)
        }
    }

    @Test("a look-up, and the wait for one, ends at its deadline")
    func deadline() async throws {
        try await Self.with(.init(ofNamespace: 2, timeout: .milliseconds(50)), answering: { _ in .none }) {
            resolver, _ async throws in
            let outcomes = (0..<20).map { Outcome(resolver, "dead-\($0).example") }
            for outcome in outcomes { #expect(try await outcome.complete().hasFailed(.v4, .noResponse)) }
            #expect(try await eventually { resolver.running == 0 })
        }
    }

    @Test("namespaces take turns when all places are taken")
    func turns() async throws {
        try await Self.with(.init(concurrent: 1, timeout: .seconds(3600)), answering: { _ in .none }) {
            resolver, server async throws in
            var outcomes = [Outcome(resolver, "first.example", for: "first")]
            outcomes += (1...5).map { Outcome(resolver, "loud-\($0).example", for: "loud") }
            outcomes += (1...2).map { Outcome(resolver, "quiet-\($0).example", for: "quiet") }
            #expect(try await eventually { server.wasAsked(for: "first.example") })
            server.answerHeld { Self.found($0, 60) }
            for outcome in outcomes { #expect(try await outcome.complete()[.v4] == [Self.local]) }
            #expect(
                server.names.map { $0.prefix { $0 != "." } } == [
                    "first", "loud-1", "quiet-1", "loud-2", "quiet-2", "loud-3", "loud-4", "loud-5",
                ])
        }
    }

    @Test("a namespace begins its next look-up when another namespace already looks up the first name in its line")
    func joinedInLine() async throws {
        try await Self.with(.init(ofNamespace: 1, timeout: .seconds(3600)), answering: { _ in .none }) {
            resolver, server async throws in
            let first = Outcome(resolver, "first.example", for: "loud")
            let shared = Outcome(resolver, "shared.example", for: "loud")
            let last = Outcome(resolver, "last.example", for: "loud")
            let other = Outcome(resolver, "shared.example", for: "quiet")
            #expect(
                try await eventually { server.wasAsked(for: "first.example") && server.wasAsked(for: "shared.example") }
            )
            server.answerHeld { $0.name == "shared.example" ? .none : Self.found($0, 60) }
            #expect(try await first.complete()[.v4] == [Self.local])
            #expect(try await last.complete()[.v4] == [Self.local])
            #expect(shared[.v4] == nil)
            server.answerHeld { Self.found($0, 60) }
            for outcome in [shared, other] { #expect(try await outcome.complete()[.v4] == [Self.local]) }
            #expect(server.lookups(of: "shared.example") == 1)
        }
    }

    @Test("the resolver answers all waiting requests when it is released")
    func released() async throws {
        try await FakeNameServer.with({ _ in .none }) { server async throws in
            var resolver: NameResolver? = NameResolver(
                servers: server.address, limits: .init(ofNamespace: 1, timeout: .seconds(3600)))
            let outcomes = ["first.example", "second.example"].compactMap { host in
                resolver.map { Outcome($0, host) }
            }
            #expect(try await eventually { server.wasAsked(for: "first.example") })
            resolver = nil
            for outcome in outcomes { #expect(try await outcome.complete().hasFailed(.v4, .noResponse)) }
        }
    }
}
