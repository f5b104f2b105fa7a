import AzureTestSupport
import CSIProvider
import ProviderTransport
import Testing

/// The signs of mounts that fail while their pods run, because the driver hides them.
@Suite("Rotation that fails")
struct RotationHealthTests {
    private let node = ServedNode()
    private let pod = TestNode.Pod(parameters: ["secretProviderClass": "payments"])

    private func turns() -> [String] {
        node.log.lines.filter { $0["code"]?.hasPrefix("rotation-") == true }.map { line in
            [line["code"], line["cause"], line["reason"], line["failing_seconds"]].compactMap(\.self)
                .joined(separator: " ")
        }
    }

    private func metric(_ name: String, class: String = "payments") -> String? {
        node.service.exposition.split(separator: "\n").first {
            $0.hasPrefix("\(name){namespace=\"team\",secret_provider_class=\"\(`class`)\"")
        }?.split(separator: " ").last.map(String.init)
    }

    /// The codes with which the class fails.
    private func codes() -> [String] {
        node.service.exposition.split(separator: "\n").compactMap { line in
            line.split(separator: "code=\"").last?.split(separator: "\"").first.map(String.init)
                .flatMap { line.hasPrefix("akv_csi_mount_failing{") && line.hasSuffix(" 1") ? $0 : nil }
        }
    }

    private func isFailing(class: String = "payments") -> String? { metric("akv_csi_mount_failing", class: `class`) }

    @Test("failing rotation is logged once at its start, and once with its duration at its end")
    func turn() async throws {
        #expect(node.service.exposition.isEmpty)
        try await node.mount(pod)
        #expect(isFailing() == "0")
        #expect(metric("akv_csi_mount_last_success_timestamp_seconds") == "\(FakeAzure.start)")
        node.node.azure.change { $0.roles = [] }
        for _ in 0..<3 {
            node.node.azure.advance(.seconds(150))
            #expect(try await node.mount(pod) == .permissionDenied)
        }
        #expect(turns() == ["rotation-failing vault-forbidden"])
        #expect(node.log.with("code", "rotation-failing").first?["level"] == "warning")
        #expect(node.log.with("code", "rotation-failing").first?["secret_provider_class"] == "payments")
        #expect(isFailing() == "1")
        #expect(metric("akv_csi_mount_last_success_timestamp_seconds") == "\(FakeAzure.start)")
        node.node.azure.change { $0.roles = ["app-1 kv-a"] }
        node.node.azure.advance(.seconds(100))
        #expect(try await node.mount(pod) == .ok)
        #expect(turns() == ["rotation-failing vault-forbidden", "rotation-recovered mounted 400"])
        #expect(isFailing() == "0")
        #expect(metric("akv_csi_mount_last_success_timestamp_seconds") == "\(FakeAzure.start + 550)")
    }

    @Test("failing rotation is also logged if an edit broke the class")
    func brokenEdit() async throws {
        try await node.mount(pod)
        var broken = pod
        broken.vault = ""
        #expect(try await node.mount(broken) == .invalidArgument)
        #expect(turns() == ["rotation-failing parameter-missing"])
        #expect(codes() == ["parameter-missing"])
    }

    @Test("a failing volume is remembered although its class has more volumes than are remembered")
    func manyVolumes() async throws {
        try await node.mount(pod)
        var broken = pod
        broken.vault = ""
        #expect(try await node.mount(broken) == .invalidArgument)
        for number in 0..<600 {
            var other = pod
            other.name = "other-\(number)"
            other.parameters["csi.storage.k8s.io/pod.uid"] = "uid-\(number)"
            try await node.mount(other)
        }
        #expect(codes() == ["parameter-missing"])
    }

    @Test("another pod whose volume has the same path does not count")
    func anotherPod() async throws {
        try await node.mount(pod, at: "/same")
        node.node.azure.change { $0.roles = [] }
        var other = pod
        other.name = "another"
        node.node.azure.advance(.seconds(200))
        other.parameters["csi.storage.k8s.io/pod.uid"] = "another-uid"
        #expect(try await node.mount(other, at: "/same") == .permissionDenied)
        #expect(turns().isEmpty)
        #expect(codes() == ["vault-forbidden"])
    }

    @Test("each code with which volumes of the class fail has a series")
    func severalCodes() async throws {
        try await node.mount(pod, at: "/a")
        try await node.mount(pod, at: "/b")
        #expect(codes().isEmpty)
        node.node.azure.change { $0.roles = [] }
        node.node.azure.advance(.seconds(200))
        try await node.mount(pod, at: "/a")
        var broken = pod
        broken.vault = ""
        try await node.mount(broken, at: "/b")
        #expect(codes().sorted() == ["parameter-missing", "vault-forbidden"])
    }

    @Test("the failure of a class ends with its last failing volume, and each class has its own")
    func severalVolumes() async throws {
        var other = pod
        other.parameters = ["secretProviderClass": "other"]
        for path in ["/a", "/b"] { try await node.mount(pod, at: path) }
        try await node.mount(other, at: "/c")
        node.node.azure.change { $0.isUnreachable = true }
        node.node.azure.advance(.seconds(200))
        for path in ["/a", "/b"] { #expect(try await node.mount(pod, at: path) == .internal) }
        #expect(isFailing(class: "other") == "0")
        node.node.azure.change { $0.isUnreachable = false }
        try await node.mount(pod, at: "/a")
        #expect(turns().count == 1)
        #expect(isFailing() == "1")
        try await node.mount(pod, at: "/b")
        #expect(turns().count == 2)
        #expect(isFailing() == "0")
    }

    @Test("failing rotation is not logged for a pod that has not started yet")
    func firstMount() async throws {
        node.node.azure.change { $0.roles = [] }
        for _ in 0..<2 { try await node.mount(pod) }
        #expect(turns().isEmpty)
        #expect(isFailing() == "1")
        #expect(metric("akv_csi_mount_last_success_timestamp_seconds") == nil)
    }

    @Test("the failure ends when the pods of the failing volumes are gone, and a class is removed after a day")
    func gone() async throws {
        try await node.mount(pod)
        node.node.azure.change { $0.roles = [] }
        node.node.azure.advance(.seconds(200))
        try await node.mount(pod)
        node.node.azure.advance(.seconds(599))
        node.service.sweep()
        #expect(isFailing() == "1")
        node.node.azure.advance(.seconds(1))
        node.service.sweep()
        #expect(turns().last == "rotation-recovered pods gone 600")
        #expect(isFailing() == "0")
        node.node.azure.advance(.seconds(86399 - 600))
        node.service.sweep()
        #expect(isFailing() == "0")
        node.node.azure.advance(.seconds(1))
        node.service.sweep()
        #expect(node.service.exposition.isEmpty)
    }

    @Test("the memory is limited, whatever the number of classes and volumes")
    func bounded() async throws {
        var broken = pod
        broken.vault = ""
        for index in 0..<1100 {
            broken.parameters = ["secretProviderClass": "class-\(index)"]
            try await node.mount(broken)
        }
        let lines = node.service.exposition.split(separator: "\n").filter {
            $0.hasPrefix("akv_csi_mount_failing")
        }
        #expect(lines.count == 250)
        let many = ServedNode()
        for index in 0..<600 {
            many.node.azure.advance(.milliseconds(1))
            try await many.mount(pod, at: "/\(index)")
        }
        // The first ones have been removed, the last ones are still known.
        many.node.azure.change { $0.roles = [] }
        many.node.azure.advance(.seconds(200))
        try await many.mount(pod, at: "/0")
        #expect(many.log.with("code", "rotation-failing").isEmpty)
        try await many.mount(pod, at: "/599")
        #expect(many.log.with("code", "rotation-failing").count == 1)
    }

    @Test(
        "failing rotation is logged in each namespace, whatever the number of class names of others",
        arguments: [true, false])
    func manyNamesOfOthers(before: Bool) async throws {
        if !before { try await node.mount(pod) }
        for index in 0..<1000 {
            var other = TestNode.Pod(name: "other", namespace: "others-\(index % 5)", vault: "")
            other.parameters = ["secretProviderClass": "class-\(index)"]
            try await node.mount(other)
        }
        if before { try await node.mount(pod) }
        node.node.azure.change { $0.roles = [] }
        node.node.azure.advance(.seconds(150))
        try await node.mount(pod)
        #expect(turns() == ["rotation-failing vault-forbidden"])
        #expect(isFailing() == "1")
    }
}
