import AzureTestSupport
import CSIProvider
import Documents
import ProviderTransport
import TestSupport
import Testing

/// The reports about objects that expire, and the classes that refuse them.
@Suite("The expiry of objects")
struct ExpiryTests {
    private let day = 86_400

    private func node(expiresIn days: Int, notBeforeIn start: Int = -1) -> ServedNode {
        let node = ServedNode()
        node.node.azure.change { state in
            state.secrets["kv-a user"]?.expires = FakeAzure.start + days * day
            state.secrets["kv-a user"]?.notBefore = FakeAzure.start + start * day
        }
        return node
    }

    private static func pod(_ setting: String = "", parameters: [String: String] = [:]) -> TestNode.Pod {
        TestNode.pod(
            "{objectName: user, objectType: secret\(setting)}", "{objectName: password, objectType: secret}",
            parameters: ["secretProviderClass": "payments"].merging(parameters) { $1 })
    }

    @Test("A warning is logged once for each version, as many days before the expiry as the class sets")
    func warning() async throws {
        let node = node(expiresIn: 20)
        #expect(try await node.mount(Self.pod()) == .ok)
        #expect(node.log.with("code", "object-ending").isEmpty)
        #expect(try await node.mount(Self.pod(parameters: ["expiryWarning": "30"])) == .ok)
        let line = try #require(node.log.with("code", "object-ending").first)
        #expect(line["object"] == "secret/user")
        #expect(line["days_left"] == "20")
        #expect(line["expires"] == Timestamp.text(FakeAzure.start + 20 * day))
        #expect(line["level"] == "warning")
        for _ in 0..<3 { #expect(try await node.mount(Self.pod(parameters: ["expiryWarning": "30"])) == .ok) }
        #expect(node.log.with("code", "object-ending").count == 1)
        node.node.azure.change { $0.secrets["kv-a user"]?.addVersion() }
        node.node.azure.advance(.seconds(130))
        #expect(try await node.mount(Self.pod(parameters: ["expiryWarning": "30"])) == .ok)
        #expect(node.log.with("code", "object-ending").map { $0["version"] } == ["v1", "v2"])
    }

    @Test("An expired object is still mounted, and a class may disable the warning")
    func expired() async throws {
        let node = node(expiresIn: -1)
        #expect(try await node.mount(Self.pod(parameters: ["expiryWarning": "0"])) == .ok)
        #expect(node.log.with("code", "object-ending").isEmpty)
        #expect(try await node.mount(Self.pod()) == .ok)
        #expect(node.log.with("code", "object-ending").map { $0["msg"] } == ["object has expired"])
    }

    @Test(
        "A time outside the valid range is treated as absent",
        arguments: [Int.min, -1, 253_402_300_800, Int.max], [Int.min, -1, 253_402_300_800, Int.max])
    func impossible(expires: Int, notBefore: Int) async throws {
        let node = ServedNode()
        node.node.azure.change { state in
            state.secrets["kv-a user"]?.expires = expires
            state.secrets["kv-a user"]?.notBefore = notBefore
        }
        let pod = Self.pod(", minRemaining: 30d, respectNotBefore: true")
        #expect(try await node.mount(pod) == .ok)
        #expect(node.log.with("code", "object-ending").isEmpty)
        #expect(!node.service.exposition.contains("akv_csi_object_expiry_timestamp_seconds"))
    }

    @Test("The metric shows the first object of a class to expire, and its time, while the class has such an object")
    func metric() async throws {
        let node = node(expiresIn: 20)
        #expect(!node.service.exposition.contains("akv_csi_object_expiry_timestamp_seconds"))
        #expect(try await node.mount(Self.pod()) == .ok)
        node.node.azure.advance(.seconds(100))
        #expect(
            node.service.exposition.contains(
                "akv_csi_object_expiry_timestamp_seconds{namespace=\"team\",secret_provider_class=\"payments\","
                    + "object=\"secret/user\"} \(FakeAzure.start + 20 * day)\n"))
        node.node.azure.change { $0.secrets["kv-a user"]?.expires = nil }
        node.node.azure.advance(.seconds(100))
        #expect(try await node.mount(Self.pod()) == .ok)
        #expect(!node.service.exposition.contains("akv_csi_object_expiry_timestamp_seconds"))
    }

    @Test("The number of classes in the metric is limited, and classes that are no longer mounted leave it")
    func bounded() async throws {
        let node = node(expiresIn: 20)
        for index in 0..<1010 {
            try await node.mount(Self.pod(parameters: ["secretProviderClass": "class-\(index)"]))
        }
        var other = Self.pod(parameters: ["secretProviderClass": "other"])
        other.namespace = "others"
        try await node.mount(other)
        let lines = node.service.exposition.split(separator: "\n").filter {
            $0.hasPrefix("akv_csi_object_expiry")
        }
        #expect(lines.count == 251)
        #expect(lines.contains { $0.contains("namespace=\"others\"") })
        node.node.azure.advance(.seconds(2 * 86_400))
        node.service.sweep()
        #expect(!node.service.exposition.contains("akv_csi_object_expiry_timestamp_seconds"))
    }

    @Test(
        "A class may refuse an object that expires too soon or is not yet valid",
        arguments: [
            (10, -1, "minRemaining: 72h", true), (10, -1, "minRemaining: 10d", true),
            (10, -1, "minRemaining: 11d", false),
            (-1, -1, "minRemaining: 0s", false), (-1, -1, "", true), (10, 1, "", true),
            (10, 1, "respectNotBefore: true", false), (10, 0, "respectNotBefore: true", true),
        ])
    func rules(expiresIn: Int, notBeforeIn: Int, setting: String, isMounted: Bool) async throws {
        let node = node(expiresIn: expiresIn, notBeforeIn: notBeforeIn)
        let code = try await node.mount(Self.pod(setting.isEmpty ? "" : ", \(setting)"))
        #expect(code == (isMounted ? .ok : .failedPrecondition))
        if !isMounted {
            #expect(node.log.with("msg", "mount failed").first?["code"] == "object-expired")
        }
    }
}
