import Azure
import AzureTestSupport
import CSIProvider
import Foundation
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

/// The page that Prometheus scrapes, of a provider that has counted every kind of event.
@Suite("The page of metrics")
struct MetricsPageTests {
    private func filled() -> ProviderMetrics {
        let metrics = ProviderMetrics()
        func request(_ type: KeyVaultObject.ObjectType, _ name: String, _ milliseconds: Int, _ error: ErrorCode? = nil)
        {
            metrics.observe(
                VaultRequestObservation(
                    object: KeyVaultObject(name: name, type: type), namespace: "payments",
                    duration: .milliseconds(milliseconds), error: error)
            )
        }
        request(.secret, "user", 50)
        request(.secret, "user", 125)
        request(.secret, "password", 12_500, .throttled)
        request(.key, "a\"b\\c\nd", 60_000, .unreachable)
        metrics.observeMount(.milliseconds(250), .ok, nil)
        metrics.observeMount(.seconds(2), .notFound, .objectNotFound)
        for source in [ContentSource.fetched, .fetched, .cached] { metrics.observe(source, count: 1) }
        metrics.observe(TokenSource.issued)
        metrics.observeThrottling(by: "kv-b.vault.azure.net")
        metrics.observeThrottling(by: "kv-a.vault.azure.net")
        return metrics
    }

    @Test("the page has every family with its values, byte for byte")
    func page() async throws {
        let annotated = try AnnotatedNode(postsEvents: true)
        let node = ServedNode(serving: annotated.node)
        annotated.azure.change { $0.secrets["kv-a user"]?.expires = FakeAzure.start + 1000 }
        func mount(_ name: String, class className: String, namespace: String = "team", vault: String = "kv-a")
            async throws
        {
            var pod = AnnotatedNode.pod(name, parameters: ["secretProviderClass": className])
            pod.namespace = namespace
            pod.vault = vault
            try await node.mount(pod)
        }
        try await mount("pod", class: "payments")
        // A name that no pod can have, so it gets no event.
        try await mount("no_name", class: "payments")
        annotated.azure.advance(.seconds(150))
        annotated.azure.change { $0.roles = ["app-1 kv-b"] }
        try await mount("other", class: "a\"b", vault: "kv-b")
        try await mount("no_name", class: "payments")
        try await mount("never", class: "never", namespace: "another")
        // The durations of mounts differ at each run, so they are those of `filled`.
        let own = node.node.provider.metrics.page
        let families = try #require(own.firstRange(of: "# HELP akv_csi_value_cache_bytes"))
        let page = filled().exposition + own[families.lowerBound...]
        let expected = try String(contentsOf: Fixtures.url("metrics.txt"), encoding: .utf8)
        #expect(page == expected)
    }
}
