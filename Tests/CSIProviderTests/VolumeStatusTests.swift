import AzureTestSupport
import CSIProvider
import Documents
import ProviderCore
import ProviderTransport
import SecretMemory
import Testing

@Suite("The status of volumes")
struct VolumeStatusTests {
    private static func volumes(_ node: ServedNode) -> [VolumeStatus] { node.node.provider.status.volumes }

    private static func pod(_ name: String, _ settings: String = "", parameters: [String: String] = [:]) -> TestNode.Pod
    {
        var pod = TestNode.pod("{objectName: user, objectType: secret\(settings)}", parameters: parameters)
        pod.name = name
        return pod
    }

    @Test("times are those of the vault's response, and the next refresh is one interval later")
    func times() async throws {
        let node = ServedNode()
        node.node.azure.change { $0.secrets["kv-a user"]?.expires = FakeAzure.start + 90_000 }
        let pod = Self.pod("pod", parameters: ["refreshInterval": "50s"])
        #expect(try await node.mount(pod) == .ok)
        node.node.azure.advance(.seconds(20))
        // A cached value keeps the time of the vault's response.
        #expect(try await node.mount(pod) == .ok)
        let volume = try #require(Self.volumes(node).first)
        #expect(volume.lastMountAt == FakeAzure.start + 20)
        #expect(volume.confirmedAt == FakeAzure.start)
        #expect(volume.nextRefreshAt == FakeAzure.start + 50)
        #expect(volume.expiresAt == FakeAzure.start + 90_000)
        #expect(volume.objects.map(\.source) == ["cached"])
        #expect(node.node.provider.status.provider.isRotating)
    }

    @Test("a repeated request counts as a mount, and a changed version is shown")
    func changes() async throws {
        let node = ServedNode()
        #expect(try await node.mount(Self.pod("pod")) == .ok)
        #expect(Self.volumes(node).first?.objects.map(\.version) == ["v1"])
        node.node.azure.change { $0.secrets["kv-a user"]?.addVersion() }
        node.node.azure.advance(.seconds(130))
        #expect(try await node.mount(Self.pod("pod")) == .ok)
        #expect(Self.volumes(node).first?.objects.map(\.version) == ["v2"])
        #expect(Self.volumes(node).count == 1)
    }

    @Test("a volume that the driver no longer calls for is removed, unless the driver calls for none")
    func gone() async throws {
        let node = ServedNode()
        #expect(try await node.mount(Self.pod("deleted")) == .ok)
        node.node.azure.advance(.seconds(700))
        // Without rotation, the driver calls once for every volume.
        #expect(Self.volumes(node).map(\.isGone) == [false])
        for _ in 0..<2 { #expect(try await node.mount(Self.pod("runs")) == .ok) }
        #expect(Self.volumes(node).map(\.pod) == ["deleted", "runs"])
        #expect(Self.volumes(node).map(\.isGone) == [true, false])
        node.node.azure.advance(.seconds(3000))
        #expect(try await node.mount(Self.pod("runs")) == .ok)
        node.service.sweep()
        #expect(Self.volumes(node).map(\.pod) == ["runs"])
    }

    @Test("a history has a line for each version, and a missing optional object has none")
    func versions() async throws {
        let node = ServedNode()
        node.node.azure.change { $0.secrets["kv-a user"]?.addVersion() }
        var pod = TestNode.pod(
            "{objectName: user, objectType: secret, objectVersionHistory: 2}",
            "{objectName: absent, objectType: secret, required: false}")
        pod.name = "pod"
        #expect(try await node.mount(pod) == .ok)
        let volume = try #require(Self.volumes(node).first)
        #expect(volume.objects.map(\.name) == ["user", "user", "absent"])
        #expect(volume.objects.map(\.version) == ["v2", "v1", nil])
    }

    @Test("a failure keeps its start time, and an error of the class keeps the identity")
    func failure() async throws {
        let node = ServedNode()
        #expect(try await node.mount(Self.pod("pod")) == .ok)
        node.node.azure.change { $0.isUnreachable = true }
        node.node.azure.advance(.seconds(600))
        #expect(try await node.mount(Self.pod("pod")) != .ok)
        node.node.azure.advance(.seconds(60))
        var broken = Self.pod("pod")
        broken.vault = ""
        #expect(try await node.mount(broken) != .ok)
        let volume = try #require(Self.volumes(node).first)
        #expect(volume.state == .failing)
        #expect(volume.lastError?.code == "parameter-missing")
        let error = try #require(volume.lastError)
        #expect(error.since.map { error.at - $0 } == 60)
        #expect(volume.nextRefreshAt == nil)
        #expect(volume.identity?.clientID == "app-1")
        #expect(volume.objects.map(\.version) == ["v1"])
    }

    @Test("the document is unchanged after writing and reading")
    func document() async throws {
        let node = ServedNode()
        #expect(try await node.mount(Self.pod("a\u{1B}[2J\"\\")) == .ok)
        node.node.azure.change { $0.isUnreachable = true }
        node.node.azure.advance(.seconds(600))
        #expect(try await node.mount(Self.pod("b")) != .ok)
        let status = node.node.provider.status
        #expect(status.volumes.map(\.pod) == ["a\\u{1b}[2J\"\\", "b"])
        #expect(NodeStatus(try JSONParser.parse(SecretBytes(status.json.compact))) == status)
        #expect(NodeStatus(try JSONParser.parse(SecretBytes(#"{"formatVersion": 2}"#))) == nil)
    }
}
