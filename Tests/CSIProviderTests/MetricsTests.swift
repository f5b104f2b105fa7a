import Azure
import CSIProvider
import ProviderCore
import ProviderTransport
import Testing

@Suite("The metrics")
struct MetricsTests {
    private func observation(
        _ name: String, _ error: ErrorCode? = nil, namespace: String = "team"
    ) -> VaultRequestObservation {
        VaultRequestObservation(
            object: KeyVaultObject(name: name, type: .secret), namespace: namespace, duration: .milliseconds(250),
            error: error)
    }

    @Test("durations are counted in upstream's buckets and in smaller ones, each including those before it")
    func buckets() {
        let metrics = ProviderMetrics()
        metrics.observe(observation("a"))
        let lines = metrics.exposition.split(separator: "\n").filter { $0.hasPrefix("keyvault_request_bucket") }
        let counts = lines.map { $0.split(separator: " ").last }
        #expect(counts == Array(repeating: "0", count: 8) + Array(repeating: "1", count: 13))
        #expect(lines.first?.contains("le=\"0.001\"") == true)
    }

    @Test("texts from a manifest are escaped")
    func escaping() {
        let metrics = ProviderMetrics()
        metrics.observe(observation("a\"b\\c\nd"))
        #expect(metrics.exposition.contains(#"object_name="a\"b\\c\nd""#))
    }

    @Test("the number of series is limited, whatever the number of names and errors")
    func bounded() {
        let metrics = ProviderMetrics()
        for index in 0..<5000 { metrics.observe(observation("name-\(index)", .objectNotFound)) }
        let counts = metrics.exposition.split(separator: "\n").filter { $0.hasPrefix("keyvault_request_count") }
        #expect(counts.count == 501)
        #expect(counts.contains { $0.contains("object_name=\"other\"") && $0.hasSuffix(" 4500") })
    }

    @Test("each namespace has series, whatever the number of names of others")
    func fair() {
        let metrics = ProviderMetrics()
        for namespace in 0..<9 {
            for index in 0..<1000 {
                metrics.observe(observation("name-\(namespace)-\(index)", namespace: "loud-\(namespace)"))
            }
        }
        metrics.observe(observation("mine", namespace: "quiet"))
        let counts = metrics.exposition.split(separator: "\n").filter { $0.hasPrefix("keyvault_request_count") }
        #expect(counts.contains { $0.contains("object_name=\"mine\"") })
        #expect(counts.count <= 2000 + 6 * 20)
    }

    @Test("a failed mount is labelled with its codes, never with its text")
    func mountErrors() {
        let metrics = ProviderMetrics()
        metrics.observeMount(.seconds(1), .notFound, .objectNotFound)
        #expect(metrics.exposition.contains("grpc_code=\"NotFound\",grpc_message=\"object-not-found\"} 1"))
    }
}
