import ProviderCore
import SecretMemory
import Testing

@Suite("ProviderError")
struct ErrorTests {
    @Test("One error is one line: code, cause, fix and details")
    func single() {
        let error = ProviderError(
            .vaultForbidden, "the vault refused", hint: "ask", context: [("vault", "kv"), ("client id", "1")])
        #expect(
            "\(error)"
                == "[vault-forbidden] the vault refused. Fix: ask — see akv-csi explain vault-forbidden: (vault: kv, client id: 1)"
        )
        #expect(
            "\(ProviderError(.throttled, "busy"))"
                == "[throttled] busy. Fix: \(ErrorCode.throttled.hint) — see akv-csi explain throttled")
        #expect("\(ProviderError(.throttled, "busy", hint: ""))" == "[throttled] busy. — see akv-csi explain throttled")
    }

    @Test("Upstream's words are in the details if there is a plainer cause")
    func cause() {
        let error = ProviderError(.throttled, "429 Too Many Requests", cause: "the vault is busy", hint: "wait")
            .prefixed("get: ").prefixed("failed to mount objects, error: ")
        #expect(
            "\(error)"
                == "[throttled] the vault is busy. Fix: wait — see akv-csi explain throttled: failed to mount objects, error: get: 429 Too Many Requests"
        )
        #expect(error.message == "failed to mount objects, error: get: 429 Too Many Requests")
        let plain = ProviderError(.throttled, "busy", hint: "wait").prefixed("failed to mount objects, error: ")
        #expect(
            "\(plain.adding([("vault", "kv")]))"
                == "[throttled] busy. Fix: wait — see akv-csi explain throttled: failed to mount objects (vault: kv)")
    }

    @Test("Objects that fail for the same reason share one entry, with one command for all of them")
    func grouped() throws {
        func disabled(_ name: String, _ vault: String = "kv") -> ProviderError {
            var error = ProviderError(.objectDisabled, "403 \(name)", cause: "it is disabled")
            error.subject = ErrorSubject("secret", names: [name], vault: vault)
            error.objectCommand = ObjectCommand("az enable --name ", then: " --enabled true")
            return error
        }
        #expect(disabled("a").hint == "az enable --name a --enabled true")
        #expect(
            "\(disabled("a"))"
                == "[object-disabled] secret a in kv: it is disabled. Fix: az enable --name a --enabled true — see akv-csi explain object-disabled: 403 a"
        )
        let three = try #require(ProviderError.combining([disabled("a"), disabled("b c"), disabled("d")]))
        #expect(
            "\(three)"
                == "[object-disabled] 3 secrets in kv (a, b c, d): it is disabled. Fix: for name in a 'b c' d; do az enable"
                + " --name \"$name\" --enabled true; done — see akv-csi explain object-disabled: (1) 403 a\n(2) 403 b c\n(3) 403 d"
        )
        let others = try #require(
            ProviderError.combining([
                disabled("a"), ProviderError(.throttled, "busy", hint: "wait"), disabled("b", "o"),
            ]))
        #expect(
            others.headText.split(separator: "\n").map(String.init) == [
                "3 errors:",
                "(1) [object-disabled] secret a in kv: it is disabled. Fix: az enable --name a --enabled true",
                "(2) [throttled] busy. Fix: wait",
                "(3) [object-disabled] secret b in o: it is disabled. Fix: az enable --name b --enabled true",
            ])
        let many = try #require(ProviderError.combining((0..<100).map { disabled("object-\($0)") }))
        #expect(many.headText.contains("100 secrets in kv (object-0, object-1, "))
        #expect(many.headText.contains("more): it is disabled. Fix: for name in object-0 object-1 "))
        #expect(many.headText.utf8.count <= ProviderError.maximumHeadBytes)
    }

    @Test("A cause that is too long is cut off, and the fix stays complete")
    func longCause() {
        let fix = String(repeating: "f", count: 500)
        let error = ProviderError(.unreachable, String(repeating: "c", count: 2000), hint: fix)
        #expect(error.headText.utf8.count <= ProviderError.maximumHeadBytes)
        #expect(error.headText.hasSuffix("c… Fix: \(fix)"))
        #expect("\(error)".hasSuffix(" — see akv-csi explain unreachable: \(error.message)"))
    }

    @Test("Several errors become one that lists all in their order, with the code of the first")
    func several() {
        let combined = ProviderError.combining([
            ProviderError(.objectNotFound, "b", hint: "h1"), ProviderError(.throttled, "a", hint: "h2"),
        ])
        #expect(combined?.code == .objectNotFound)
        #expect(
            combined.map { "\($0)" }
                == "2 errors:\n(1) [object-not-found] b. Fix: h1\n(2) [throttled] a. Fix: h2 — see akv-csi explain object-not-found"
        )
    }

    @Test("A list inside a list is flattened")
    func nested() throws {
        let inner = try #require(
            ProviderError.combining([ProviderError(.objectInvalid, "1"), ProviderError(.pathInvalid, "2")]))
        let outer = try #require(ProviderError.combining([ProviderError(.parameterMissing, "0"), inner]))
        #expect(outer.parts.map(\.message) == ["0", "1", "2"])
        #expect(outer.parts.map(\.code) == [.parameterMissing, .objectInvalid, .pathInvalid])
    }

    @Test("One error stays unchanged, and no error gives none")
    func few() {
        #expect(ProviderError.combining([]) == nil)
        let single = ProviderError.combining([ProviderError(.throttled, "a")])
        #expect(single?.message == "a")
        #expect(single?.parts.isEmpty == true)
    }

    @Test("A clipped text has a limited number of bytes, whatever the size of its characters")
    func clipped() {
        #expect(String(repeating: "a", count: 200).clipped == String(repeating: "a", count: 200))
        #expect(String(repeating: "a", count: 201).clipped == String(repeating: "a", count: 200) + "…")
        #expect(("a" + String(repeating: "\u{301}", count: 100_000)).clipped.utf8.count < 1000)
    }

    @Test("A prefix reaches every part, and context is added only once")
    func prefixAndContext() throws {
        let both = try #require(
            ProviderError.combining([ProviderError(.objectInvalid, "a"), ProviderError(.objectInvalid, "b")]))
        #expect(both.prefixed("in x: ").parts.map(\.message) == ["in x: a", "in x: b"])
        #expect(ProviderError(.objectInvalid, "a").prefixed("p ").message == "p a")
        let added = ProviderError(.throttled, "a", context: [("vault", "1")])
            .adding([("vault", "2"), ("tenant", "t"), ("empty", "")])
        #expect(added.context.map(\.name) == ["vault", "tenant"])
        #expect(added.context.map(\.value) == ["1", "t"])
        #expect("\(both.adding([("vault", "kv")]))".hasSuffix(": (vault: kv)"))
    }

    @Test("Every code has a fix", arguments: ErrorCode.allCases)
    func hints(code: ErrorCode) {
        #expect(code.hint.count > 10)
        #expect(!code.hint.hasSuffix("."))
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(ProviderError(code, "m").hint == code.hint)
    }

    @Test("Every code has its own name")
    func distinct() {
        #expect(Set(ErrorCode.allCases.map(\.rawValue)).count == ErrorCode.allCases.count)
    }
}
