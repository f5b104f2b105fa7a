import Azure
import AzureTestSupport
import CSIProvider
import ProviderCore
import Testing

/// What is kept for repeated calls, and for how long.
@Suite("The last mount of a volume")
struct RepeatMemoryTests {
    private static let user = "{objectName: user, objectType: secret}"
    private static let password = "{objectName: password, objectType: secret}"

    private static func objects(_ node: TestNode) -> [String] {
        node.provider.status.volumes.flatMap { $0.objects.map(\.name) }
    }

    @Test("is kept once, whatever its token is")
    func once() async throws {
        let calls = RepeatedCalls()
        for serial in 0..<5 { try await calls.mount(.init(serial: serial)) }
        #expect(calls.handler.repeatableMounts == 1)
        #expect(try !calls.isRepeated(.init(serial: 3)))
        #expect(try calls.isRepeated(.init(serial: 4)))
    }

    @Test("is that of the last class, so that the status shows a class that was changed and changed back")
    func changedBack() async throws {
        let calls = RepeatedCalls()
        try await calls.mount(TestNode.pod(Self.user))
        try await calls.mount(TestNode.pod(Self.password))
        #expect(Self.objects(calls.node) == ["password"])
        #expect(calls.handler.repeatableMounts == 1)
        try await calls.mount(TestNode.pod(Self.user))
        #expect(Self.objects(calls.node) == ["user"])
    }

    @Test("is forgotten when a call fails, so that the status shows a mistake that was corrected")
    func corrected() async throws {
        let calls = RepeatedCalls()
        try await calls.mount()
        #expect(try await calls.mount(.init(client: "app-9")).contains("[exchange-refused]"))
        try await calls.mount()
        #expect(calls.node.provider.status.volumes.map { $0.identity?.clientID } == ["app-1"])
    }

    @Test("is forgotten when a call that is not kept succeeds")
    func replaced() async throws {
        let calls = RepeatedCalls()
        try await calls.mount(TestNode.pod(Self.user))
        try await calls.mount(TestNode.pod("{objectName: password, objectType: secret, minRemaining: 1h}"))
        #expect(calls.handler.repeatableMounts == 0)
        try await calls.mount(TestNode.pod(Self.user))
        #expect(Self.objects(calls.node) == ["user"])
    }

    @Test("is not kept if no value is")
    func nothingShared() async throws {
        let calls = RepeatedCalls(TestNode { $0.refreshInterval = .zero })
        #expect(try await calls.mount() == "user=user1")
        #expect(calls.handler.repeatableMounts == 0)
    }

    @Test("costs what its objects take, also if none of them has a file of its own")
    func hiddenObjects() async throws {
        let calls = RepeatedCalls(TestNode())
        calls.azure.change { state in
            state.pageSize = 1000
            state.secrets["kv-a user"] = FakeAzure.Secret(version: 900, value: "x")
        }
        for number in 0..<9 {
            var pod = TestNode.pod(
                "{objectName: user, objectType: secret, objectVersionHistory: 900, hidden: true}",
                "{objectName: password, objectType: secret, hidden: true}",
                parameters: ["files": "- { fileName: all, template: '{{ password }}' }"])
            pod.name = "pod-\(number)"
            #expect(try await calls.mount(pod) == "all=password1")
        }
        #expect(1..<9 ~= calls.handler.repeatableMounts)
    }

    @Test("is not sent for a volume that the status has forgotten, which then shows it again")
    func forgottenStatus() async throws {
        let calls = RepeatedCalls(TestNode())
        let names = (0..<256).map { "object-\($0)" }
        calls.azure.change { state in
            for name in names { state.secrets["kv-a \(name)"] = FakeAzure.Secret(version: 1, value: "x") }
        }
        try await calls.mount()
        let objects = names.map { "{objectName: \($0), objectType: secret, minRemaining: 1h}" }
        for number in 0..<20 {
            var pod = TestNode.pod(objects.joined(separator: ", "))
            pod.name = "large-\(number)"
            try await calls.mount(pod)
        }
        func isShown() -> Bool { calls.node.provider.status.volumes.contains { $0.pod == "pod" } }
        #expect(!isShown())
        #expect(try calls.isRepeated())
        #expect(try await calls.mount() == "user=user1")
        #expect(isShown())
    }

    @Test("is not sent for a volume that the node has forgotten, which counts as a new one")
    func forgottenVolume() async throws {
        let calls = RepeatedCalls(TestNode())
        try await calls.mount()
        for number in 0..<1024 {
            var pod = TestNode.pod("{objectName: user, objectType: secret, minRemaining: 1h}")
            pod.name = "pod-\(number)"
            try await calls.mount(pod)
        }
        calls.azure.advance(.seconds(5))
        #expect(calls.handler.repeatableMounts == 1)
        #expect(try !calls.isRepeated())
    }
}
