import ProviderTransport
import Testing

@Suite("Warnings about a class")
struct ToldWarningsTests {
    private static func pod(
        _ parameters: [String: String], name: String = "pod", objectKey: String = ""
    ) -> TestNode.Pod {
        var pod = TestNode.pod(
            "{objectName: user, objectType: secret\(objectKey)}",
            parameters: ["secretProviderClass": "payments"].merging(parameters) { $1 })
        pod.name = name
        return pod
    }

    @Test("a warning is logged once for each class, whatever the number of mounts and pods")
    func once() async throws {
        let node = ServedNode()
        let wrong = ["refreshinterval": "5m"]
        for pod in ["a", "b"] {
            for _ in 0..<3 {
                #expect(try await node.mount(Self.pod(wrong, name: pod, objectKey: ", objectalias: x")) == .ok)
            }
        }
        let lines = node.log.with("code", "setting-ignored")
        #expect(lines.map { $0["level"] } == ["warning", "warning"])
        #expect(lines.map { $0["secret_provider_class"] } == ["payments", "payments"])
        #expect(
            lines.first?["warning"] == "unknown parameter refreshinterval is ignored; did you mean refreshInterval?")
        #expect(lines.last?["warning"]?.contains("did you mean objectAlias?") == true)
    }

    @Test("a warning is logged again when it has changed, and for another class")
    func again() async throws {
        let node = ServedNode()
        let wrong = ["refreshinterval": "5m"]
        #expect(try await node.mount(Self.pod(wrong)) == .ok)
        #expect(try await node.mount(Self.pod(wrong.merging(["cloudname": "x"]) { $1 })) == .ok)
        #expect(node.log.with("code", "setting-ignored").count == 3)
        #expect(try await node.mount(Self.pod(wrong.merging(["secretProviderClass": "other"]) { $1 })) == .ok)
        #expect(node.log.with("code", "setting-ignored").count == 4)
        #expect(try await node.mount(Self.pod([:])) == .ok)
        #expect(node.log.with("code", "setting-ignored").count == 4)
    }

    @Test("the number of remembered warnings is limited")
    func many() async throws {
        let node = ServedNode()
        let keys = (0..<100).map { ", key\($0): x" }.joined()
        #expect(try await node.mount(Self.pod([:], objectKey: keys)) == .ok)
        let lines = node.log.with("code", "setting-ignored")
        #expect(lines.count == 21)
        #expect(lines.last?["warning"] == "80 more unknown keys of objects are ignored")
    }
}
