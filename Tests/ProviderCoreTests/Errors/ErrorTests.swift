import ProviderCore
import SecretMemory
import Testing

@Suite("ProviderError")
struct ErrorTests {
    @Test("One error is one line: message, hint, code and context")
    func single() {
        let error = ProviderError(
            .vaultForbidden, "the vault refused", hint: "ask", context: [("vault", "kv"), ("client id", "1")])
        #expect("\(error)" == "the vault refused. To fix: ask [vault-forbidden] (vault: kv, client id: 1)")
        #expect("\(ProviderError(.throttled, "busy"))" == "busy. To fix: \(ErrorCode.throttled.hint) [throttled]")
    }

    @Test("Several errors are one that lists them all in their order, with the first one's code")
    func several() {
        let combined = ProviderError.combining([
            ProviderError(.objectNotFound, "b", hint: "h1"), ProviderError(.throttled, "a", hint: "h2"),
        ])
        #expect(combined?.code == .objectNotFound)
        #expect(
            combined.map { "\($0)" }
                == "2 errors:\n(1) b. To fix: h1 [object-not-found]\n(2) a. To fix: h2 [throttled]")
    }

    @Test("A list inside a list is flattened")
    func nested() throws {
        let inner = try #require(
            ProviderError.combining([ProviderError(.objectInvalid, "1"), ProviderError(.pathInvalid, "2")]))
        let outer = try #require(ProviderError.combining([ProviderError(.parameterMissing, "0"), inner]))
        #expect(outer.parts.map(\.message) == ["0", "1", "2"])
        #expect(outer.parts.map(\.code) == [.parameterMissing, .objectInvalid, .pathInvalid])
    }

    @Test("Of one error nothing is made but itself, and of none nothing")
    func few() {
        #expect(ProviderError.combining([]) == nil)
        let single = ProviderError.combining([ProviderError(.throttled, "a")])
        #expect(single?.message == "a")
        #expect(single?.parts.isEmpty == true)
    }

    @Test("A clipped text has a bounded number of bytes, whatever a character takes")
    func clipped() {
        #expect(String(repeating: "a", count: 200).clipped == String(repeating: "a", count: 200))
        #expect(String(repeating: "a", count: 201).clipped == String(repeating: "a", count: 200) + "…")
        #expect(("a" + String(repeating: "\u{301}", count: 100_000)).clipped.utf8.count < 1000)
    }

    @Test("A prefix reaches every part, and context is added but once")
    func prefixAndContext() throws {
        let both = try #require(
            ProviderError.combining([ProviderError(.objectInvalid, "a"), ProviderError(.objectInvalid, "b")]))
        #expect(both.prefixed("in x: ").parts.map(\.message) == ["in x: a", "in x: b"])
        #expect(ProviderError(.objectInvalid, "a").prefixed("p ").message == "p a")
        let added = ProviderError(.throttled, "a", context: [("vault", "1")])
            .adding([("vault", "2"), ("tenant", "t"), ("empty", "")])
        #expect(added.context.map(\.name) == ["vault", "tenant"])
        #expect(added.context.map(\.value) == ["1", "t"])
        #expect("\(both.adding([("vault", "kv")]))".hasSuffix(" (vault: kv)"))
    }

    @Test("Every code says what to do", arguments: ErrorCode.allCases)
    func hints(code: ErrorCode) {
        #expect(code.hint.count > 10)
        #expect(!code.hint.hasSuffix("."))
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(ProviderError(code, "m").hint == code.hint)
    }

    @Test("No two codes share a name")
    func distinct() {
        #expect(Set(ErrorCode.allCases.map(\.rawValue)).count == ErrorCode.allCases.count)
    }
}
