import AzureTestSupport
import CSIProvider
import ProviderTransport
import TestSupport
import Testing

@Suite("Mounts that wait for Azure", .timeLimit(.minutes(2)))
struct MountPlaceTests {
    private let node = ServedNode()
    private let gate = Gate()
    private let names = (0..<300).map { "object-\($0)" }

    /// Pods of the namespace `loud`, whose requests to the vault kv-b hang until the gate is opened.
    private func hang() {
        let (gate, names) = (gate, names)
        node.node.azure.change { state in
            for name in names { state.secrets["kv-b \(name)"] = .init(version: 1, value: "v") }
            state.onArrival = { call in
                if call.hasPrefix("get kv-b") { await gate.wait() }
            }
        }
    }

    private func loud(_ index: Int) -> TestNode.Pod {
        TestNode.Pod(name: "pod-\(index)", namespace: "loud", vault: "kv-b", objects: names, serial: index)
    }

    @Test("each namespace has a limited number of mounts, and its next mounts wait while those of others run")
    func bounded() async throws {
        hang()
        try await withThrowingTaskGroup(of: RPCCode.self) { group in
            for index in 0..<20 { group.addTask { try await node.mount(loud(index)) } }
            // 8 MiB for mounts of 64 KiB and 300 objects of 2 KiB.
            #expect(try await eventually { node.service.waitingMounts == 8 })
            #expect(try await eventually { node.node.azure.count("token") == 12 })
            #expect(try await node.mount(.init(namespace: "quiet", serial: 1000)) == .ok)
            #expect(node.service.waitingMounts == 8)
            #expect(node.node.azure.count("token") == 13)
            await gate.open()
            for try await code in group { #expect(code == .ok) }
        }
        #expect(node.service.waitingMounts == 0)
    }

    @Test("mounts free their places when they succeed and when they fail")
    func places() async throws {
        for index in 0..<30 {
            var pod = loud(index)
            pod.vault = index.isMultiple(of: 2) ? "kv-a" : "kv-b"
            try await node.mount(pod)
        }
        hang()
        let task = Task { try await node.mount(loud(100)) }
        #expect(try await eventually { node.node.azure.count("get kv-b") > 0 })
        #expect(node.service.waitingMounts == 0)
        await gate.open()
        #expect(try await task.value == .ok)
    }

    @Test("a mount whose deadline passes in the queue has an error that names the queue")
    func deadline() async throws {
        hang()
        try await withThrowingTaskGroup(of: RPCCode.self) { group in
            for index in 0..<13 { group.addTask { try await node.mount(loud(index)) } }
            #expect(try await eventually { node.service.waitingMounts == 1 })
            let pod = loud(13)
            let message = MountRequestMessage(
                attributes: Array(try node.node.attributes(pod)), secrets: Array(pod.secrets.utf8), targetPath: "/x",
                permission: "420")
            let status = await #expect(throws: RPCStatus.self) {
                _ = try await node.service.handle(IncomingMount(request: message, secondsLeft: 0.01))
            }
            #expect(status?.code == .internal)
            #expect(status?.message.contains("waited for other mounts of the namespace loud on this node") == true)
            #expect(status?.message.contains(": failed to mount objects") == true)
            await gate.open()
            for try await code in group { #expect(code == .ok) }
        }
    }
}
