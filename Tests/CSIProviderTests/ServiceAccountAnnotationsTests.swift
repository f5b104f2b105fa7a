import AzureTestSupport
import CSIProvider
import Foundation
import ProviderCore
import Synchronization
import TestSupport
import Testing

/// The number of requests for service accounts to the API server, and the behaviour while it does not respond.
@Suite("Reading the annotations of service accounts", .timeLimit(.minutes(20)))
struct ServiceAccountAnnotationsTests {
    private let annotated: AnnotatedNode
    private let pod = AnnotatedNode.pod()

    init() throws {
        annotated = try AnnotatedNode()
    }

    private func mount(_ pod: TestNode.Pod? = nil) async throws { _ = try await annotated.node.mount(pod ?? self.pod) }

    private func failure(_ pod: TestNode.Pod? = nil) async throws -> ProviderError {
        try #require(try await annotated.node.error(pod ?? self.pod))
    }

    private func count(_ result: String) -> Int {
        let series = "akv_csi_service_account_reads_total{result=\"\(result)\"}"
        let line = annotated.node.provider.metrics.page.split(separator: "\n").first { $0.hasPrefix(series) }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    // MARK: - How often

    @Test("all pods of an account cause one request in two minutes")
    func economy() async throws {
        for _ in 0..<8 {
            for index in 0..<5 { try await mount(AnnotatedNode.pod("pod-\(index)")) }
            annotated.azure.advance(.seconds(75))
        }
        // The first request, and then one whenever the last one was more than two minutes before.
        #expect(annotated.reads == 4)
        #expect(count("read") == 4)
        try await mount(AnnotatedNode.pod("other", account: "web"))
        #expect(annotated.reads == 5)
    }

    @Test("a change is seen within two minutes, and immediately by a new pod")
    func change() async throws {
        try await mount()
        annotated.annotate([AnnotatedNode.client: "app-2"])
        annotated.azure.advance(.seconds(119))
        try await mount()
        #expect(annotated.azure.count("token app-2") == 0)
        try await mount(AnnotatedNode.pod("new"))
        #expect(annotated.azure.count("token app-2") == 1)
        // The result of one pod applies to all pods.
        annotated.azure.change { $0.roles.remove("app-1 kv-a") }
        annotated.azure.advance(.seconds(2))
        try await mount()
        annotated.annotate([:])
        annotated.azure.advance(.seconds(120))
        #expect(try await failure().code == .annotationMissing)
    }

    @Test("a missing account causes at most one request in ten seconds")
    func nothing() async throws {
        annotated.annotate([:])
        for _ in 0..<10 {
            #expect(try await failure().code == .annotationMissing)
            annotated.azure.advance(.seconds(2))
        }
        #expect(annotated.reads == 2)
        annotated.annotate([AnnotatedNode.client: "app-1"])
        try await mount()
        #expect(annotated.reads == 3)
    }

    @Test("concurrent mounts cause one request")
    func singleFlight() async throws {
        let (gate, arrived) = (Gate(), Gate())
        annotated.server.change { state in
            state.onArrival = {
                await arrived.open()
                await gate.wait()
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask { try await mount(AnnotatedNode.pod("pod-\(index)")) }
            }
            await arrived.wait()
            for _ in 0..<1000 { await Task.yield() }
            await gate.open()
            try await group.waitForAll()
        }
        #expect(annotated.reads == 1)
        #expect(annotated.azure.count("get") == 1)
    }

    @Test("the annotations of each account are separate")
    func accounts() async throws {
        annotated.annotate([AnnotatedNode.client: "app-2"], of: "team/batch")
        try await mount()
        #expect(try await failure(AnnotatedNode.pod("job", account: "batch")).code == .exchangeRefused)
        #expect(annotated.azure.count("token app-2") == 1)
        #expect(annotated.reads == 2)
    }

    // MARK: - When it does not respond

    @Test(
        "an error names the failed hop, with a code that the kubelet retries",
        arguments: [
            (nil, "connect: connection refused"), (429, "answered 429: because"), (500, "answered 500: because"),
            (503, "answered 503: because"),
        ] as [(Int?, String)])
    func outage(status: Int?, words: String) async throws {
        annotated.server.change { state in
            state.isUnreachable = status == nil
            state.status = status
            state.answer = #"{"message":"because"}"#
        }
        let error = try await failure()
        #expect(error.code == .kubernetesUnavailable)
        #expect(
            "\(error)".contains("the Kubernetes API cannot be asked for the annotations of ServiceAccount team/web"))
        #expect("\(error)".contains(words))
        #expect(annotated.azure.count("") == 0)
        // Not immediately, and not never.
        annotated.server.change { state in
            state.isUnreachable = false
            state.status = nil
        }
        #expect(try await failure().code == .kubernetesUnavailable)
        #expect(annotated.reads == 1)
        annotated.azure.advance(.seconds(5))
        try await mount()
        #expect(annotated.reads == 2)
    }

    @Test(
        "the API server's Retry-After is obeyed within bounds", arguments: [("20", 20), ("3600", 30)])
    func retryAfter(text: String, seconds: Int) async throws {
        annotated.server.change { state in
            state.status = 429
            state.headers = [("Retry-After", text)]
        }
        _ = try await failure()
        annotated.server.change { $0.status = nil }
        annotated.azure.advance(.seconds(seconds - 1))
        _ = try await failure()
        #expect(annotated.reads == 1)
        annotated.azure.advance(.seconds(1))
        try await mount()
    }

    @Test("the last annotations are used for a quarter of an hour while the API server is unreachable")
    func lastKnown() async throws {
        try await mount()
        annotated.server.change { $0.isUnreachable = true }
        for _ in 0..<11 {
            annotated.azure.advance(.seconds(75))
            try await mount()
        }
        try await mount(AnnotatedNode.pod("new"))
        annotated.azure.advance(.seconds(75))
        #expect(try await failure().code == .kubernetesUnavailable)
        annotated.server.change { $0.isUnreachable = false }
        annotated.azure.advance(.seconds(5))
        try await mount()
        let said = annotated.log.with("code", "service-accounts-failing")
        #expect(said.count == 1)
        #expect(said.first?["level"] == "error")
        #expect(said.first?["error"]?.contains("connection refused") == true)
        #expect(annotated.log.with("msg", "service accounts can be read again").count == 1)
    }

    @Test(
        "the last annotations are not used after the API server refuses",
        arguments: [
            (
                403, .kubernetesRefused,
                #"lacks the RBAC rule { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"] }"#
            ),
            (401, .kubernetesRefused, "answered 401"), (404, .annotationMissing, "does not exist"),
        ] as [(Int, ErrorCode, String)])
    func refusal(status: Int, code: ErrorCode, words: String) async throws {
        try await mount()
        annotated.server.change { $0.status = status }
        annotated.azure.advance(.seconds(121))
        let error = try await failure()
        #expect(error.code == code)
        #expect("\(error)".contains(words))
        // A later outage does not restore the refused annotations.
        annotated.server.change { $0.isUnreachable = true }
        annotated.azure.advance(.seconds(10))
        #expect(try await failure().code == .kubernetesUnavailable)
        #expect(annotated.log.with("code", "service-accounts-failing").count == (status == 404 ? 1 : 2))
    }

    @Test(
        "a response about another object is refused",
        arguments: ["{}", #"{"metadata":{"namespace":"team","name":"x"}}"#])
    func foreignAnswer(answer: String) async throws {
        annotated.server.change { state in
            state.status = 200
            state.answer = answer
        }
        #expect(try await failure().code == .kubernetesUnavailable)
    }

    @Test("a request to a slow API server ends at the mount's deadline")
    func slow() async throws {
        let gate = Gate()
        annotated.server.change { $0.onArrival = { await gate.wait() } }
        await #expect {
            _ = try await annotated.node.mount(pod, secondsLeft: 0.2)
        } throws: { error in
            guard let error = error as? ProviderError else { return false }
            return error.code == .kubernetesUnavailable && error.message.contains("time was used up")
        }
        await gate.open()
    }

    @Test("a cancelled mount does not count as a failure")
    func cancelled() async throws {
        let (gate, arrived) = (Gate(), Gate())
        annotated.server.change { state in
            state.onArrival = {
                await arrived.open()
                await gate.wait()
            }
        }
        let task = Task { try await annotated.node.mount(pod) }
        await arrived.wait()
        task.cancel()
        let error = await #expect(throws: ProviderError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        annotated.server.change { state in
            state.onArrival = nil
            state.isUnreachable = true
        }
        await gate.open()
        while annotated.server.state.withLock({ $0.answered }) == 0 { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        annotated.server.change { $0.isUnreachable = false }
        try await mount()
        #expect(annotated.log.with("code", "service-accounts-failing").isEmpty)
    }
}
