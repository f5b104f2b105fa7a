import Azure
import AzureTestSupport
import CSIProvider
import Foundation
import ProviderTransport
import TestSupport
import Testing

/// The Events of failing rotation, from the driver's call to the content in the API server.
@Suite("Events on pods")
struct EventPosterTests {
    private let server: FakeAPIServer
    private let node: ServedNode
    private let poster: EventPoster
    private let pod = TestNode.Pod(parameters: ["secretProviderClass": "payments"])

    init() throws {
        server = try FakeAPIServer()
        node = ServedNode(serving: TestNode(apiServer: server, events: try server.configuration()))
        poster = try #require(node.node.provider.events)
    }

    /// Runs `body` while the poster runs.
    private func posting(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await poster.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func count(_ result: String) -> Int {
        let line = poster.exposition.split(separator: "\n").first { $0.contains("{result=\"\(result)\"}") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    private func expect(_ result: String, _ expected: Int) async throws {
        #expect(try await eventually { count(result) == expected }, "\(poster.exposition)")
    }

    private func breakVault() { node.node.azure.change { $0.roles = [] } }
    private func mendVault() { node.node.azure.change { $0.roles = ["app-1 kv-a"] } }

    @Test("an event says what fails, in which class, and when it works again")
    func turn() async throws {
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect("created", 1)
            let failed = try #require(server.events.first)
            #expect(failed["type"] as? String == "Warning")
            #expect(failed["reason"] as? String == "MountRotationFailed")
            #expect(failed["count"] as? Int == 1)
            #expect(failed["firstTimestamp"] as? String == failed["lastTimestamp"] as? String)
            let object = try #require(failed["involvedObject"] as? [String: any Sendable])
            #expect(
                object as? [String: String] == [
                    "apiVersion": "v1", "kind": "Pod", "namespace": "team", "name": "pod", "uid": "uid",
                ])
            #expect(
                failed["source"] as? [String: String] == [
                    "component": "csi-secrets-store-provider-azure", "host": "node-1",
                ])
            let message = try #require(failed["message"] as? String)
            #expect(message.hasPrefix("SecretProviderClass payments: the volume keeps its old files: "))
            #expect(message.contains(" Fix: ") && message.contains("[vault-forbidden]"))
            #expect(message.utf8.count <= 1024)
            mendVault()
            node.node.azure.advance(.seconds(75))
            try await node.mount(pod)
            try await expect("created", 2)
            let complete = try #require(server.events.first { $0["reason"] as? String == "MountRotationComplete" })
            #expect(complete["type"] as? String == "Normal")
            #expect((complete["message"] as? String)?.hasSuffix("updated again, after 75 s") == true)
        }
    }

    @Test("an event contains as much of a long error as Kubernetes accepts")
    func longMessage() async throws {
        var edited = pod
        edited.objects = (0..<60).map { "missing-\($0)" }
        try await posting {
            try await node.mount(pod, at: "/x")
            try await node.mount(edited, at: "/x")
            try await expect("created", 1)
        }
        let message = try #require(server.events.first?["message"] as? String)
        #expect((1000...1024).contains(message.utf8.count))
    }

    @Test("events are not posted for first mounts, which the kubelet reports, or for successful mounts")
    func quiet() async throws {
        try await posting {
            breakVault()
            try await node.mount(pod)
            mendVault()
            for _ in 0..<3 { try await node.mount(pod) }
        }
        #expect(server.calls.isEmpty)
        #expect(poster.exposition.isEmpty)
    }

    @Test("the count of one event increases while the same failure lasts")
    func aggregation() async throws {
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            for _ in 0..<24 {
                try await node.mount(pod)
                try await expect("created", 1)
                node.node.azure.advance(.seconds(75))
            }
            #expect(server.calls.count == 1)
            try await node.mount(pod)
            try await expect("updated", 1)
            #expect(server.events.first?["count"] as? Int == 25)
            mendVault()
            try await node.mount(pod)
            try await expect("created", 2)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect("updated", 2)
            #expect(server.events.count == 2)
            #expect(server.events.map { $0["count"] as? Int ?? 0 }.max() == 26)
        }
    }

    @Test("an event is created again if the cluster has deleted it")
    func expired() async throws {
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect("created", 1)
            server.change { $0.events = [:] }
            node.node.azure.advance(.seconds(1800))
            try await node.mount(pod)
            try await expect("created", 2)
            #expect(server.events.count == 1)
        }
    }

    @Test("a slow API server never delays a mount")
    func slow() async throws {
        let gate = Gate()
        server.change { $0.onArrival = { await gate.wait() } }
        try await posting {
            for index in 0..<20 { try await node.mount(pod, at: "/\(index)") }
            breakVault()
            node.node.azure.advance(.seconds(150))
            for index in 0..<20 { #expect(try await node.mount(pod, at: "/\(index)") == .permissionDenied) }
            #expect(count("created") == 0)
            await gate.open()
            try await expect("created", 1)
        }
    }

    @Test("events are dropped with a log line while a rule is missing, and posted when it exists")
    func forbidden() async throws {
        server.change { state in
            state.status = 403
            state.answer = #"{"message":"events is forbidden"}"#
        }
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect("dropped-forbidden", 1)
            let lines = node.log.with("code", "events-failing")
            #expect(lines.count == 1)
            #expect(lines.first?["level"] == "error")
            #expect(
                lines.first?["error"]?.contains(#"{ apiGroups: [""], resources: ["events"], verbs: ["create"] }"#)
                    == true)
            server.change { $0.status = nil }
            node.node.azure.advance(.seconds(75))
            try await node.mount(pod)
            try await expect("created", 1)
            #expect(node.log.with("msg", "events are posted again").count == 1)
        }
    }

    @Test("a request that the API server cannot process is sent three times", arguments: [nil, 500, 429, 401])
    func transient(status: Int?) async throws {
        server.change { state in
            state.isUnreachable = status == nil
            state.status = status
        }
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect(
                status == nil ? "dropped-unreachable" : status == 401 ? "dropped-unauthorized" : "dropped-unavailable",
                1)
        }
        #expect(server.calls.count == 3)
        #expect(node.log.with("code", "events-failing").count == 1)
    }

    @Test("an event gets another name if its name exists")
    func conflict() async throws {
        server.change { $0.status = 409 }
        let server = server
        server.change { state in
            state.onArrival = { server.change { if $0.calls.count == 2 { $0.status = nil } } }
        }
        try await posting {
            try await node.mount(pod)
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(pod)
            try await expect("created", 1)
        }
        #expect(server.calls.count == 2)
    }

    @Test("the number of events is limited when many pods fail together")
    func bounded() async throws {
        for index in 0..<400 {
            var many = pod
            many.name = "pod-\(index)"
            try await node.mount(many)
        }
        breakVault()
        node.node.azure.advance(.seconds(150))
        let before = node.node.azure.time.elapsed()
        for index in 0..<400 {
            var many = pod
            many.name = "pod-\(index)"
            try await node.mount(many)
        }
        #expect(count("dropped-full") == 150)
        try await posting { try await expect("created", 250) }
        // 25 events together, and the others every five seconds.
        #expect(node.node.azure.time.elapsed() - before == .seconds(5 * 225))
    }

    @Test("a pod gets its event immediately when many events of another namespace wait")
    func fair() async throws {
        var pods = (0..<400).map { index in
            var many = pod
            (many.name, many.namespace) = ("pod-\(index)", "others")
            return many
        }
        pods.append(pod)
        for one in pods { try await node.mount(one) }
        breakVault()
        node.node.azure.advance(.seconds(150))
        for one in pods { try await node.mount(one) }
        #expect(count("dropped-full") == 151)
        try await posting { try await expect("created", 250) }
        #expect(server.calls.prefix(2).contains { $0.contains("/namespaces/team/") })
    }

    @Test("an event never contains a name that a pod cannot have", arguments: ["../x", "Pod", "a b", "", "a/b"])
    func invalidName(name: String) async throws {
        var unusual = pod
        unusual.namespace = name
        try await posting {
            try await node.mount(unusual, at: "/x")
            breakVault()
            node.node.azure.advance(.seconds(150))
            try await node.mount(unusual, at: "/x")
        }
        #expect(server.calls.isEmpty)
    }
}
