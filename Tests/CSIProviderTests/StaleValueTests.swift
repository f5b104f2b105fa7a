import Azure
import ProviderCore
import Testing

/// What stands in for a vault that does not answer, and for whom.
@Suite("A vault that cannot be asked")
struct StaleValueTests {
    private static func node() async throws -> Node {
        let node = Node { $0.staleIfError = .seconds(600) }
        #expect(try await node.mount(.init()) == ["user": "user1"])
        return node
    }

    @Test("lets a proven mount have what was read before, until that is too old", arguments: [nil, 503, 429])
    func proven(status: Int?) async throws {
        let node = try await Self.node()
        node.azure.change { state in
            state.vaultStatus = status
            state.isUnreachable = status == nil
        }
        node.azure.advance(.seconds(300))
        #expect(try await node.mount(.init()) == ["user": "user1"])
        // A new pod of the same identity proves itself and gets the same.
        #expect(try await node.mount(.init(name: "other", serial: 1)) == ["user": "user1"])
        node.azure.advance(.seconds(601))
        #expect(try #require(await node.failure(.init())).isOutage)
    }

    @Test("gives it to nobody else")
    func others() async throws {
        let node = try await Self.node()
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.seconds(130))
        let another = Node.Pod(name: "another", serviceAccount: "sa-2", client: "app-2")
        #expect(try await node.failure(another) == .unreachable)
        #expect(try await node.failure(.init(name: "thief", serviceAccount: "sa-2")) == .exchangeRefused)
        // Nor with an assertion that Entra has not seen.
        node.azure.change { $0.federation = [] }
        #expect(try await node.failure(.init(serial: 2)) == .exchangeRefused)
    }

    @Test("brings nothing back that was refused")
    func refused() async throws {
        let node = try await Self.node()
        node.azure.change { $0.roles = [] }
        node.azure.advance(.seconds(130))
        #expect(try await node.failure(.init()) == .vaultForbidden)
        node.azure.change { $0.isUnreachable = true }
        #expect(try await node.failure(.init()) == .unreachable)
    }

    @Test("is an error unless the operator wants it otherwise")
    func off() async throws {
        let node = Node()
        _ = try await node.mount(.init())
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.seconds(130))
        #expect(try await node.failure(.init()) == .unreachable)
    }
}
