internal import AsyncSupport
package import Azure
package import ProviderCore
package import ProviderTransport
internal import Synchronization

/// The metrics of mounts and of requests to Azure, under the names that upstream's dashboards use.
///
/// Where upstream uses whole error texts as labels, these use the stable error codes, so that the number of series
/// stays limited.
package final class ProviderMetrics: FetchObserver, MetricsCollector {
    private struct Families: Sendable {
        var vault = Histogram(
            name: "keyvault_request", help: "Distribution of how long it took to get from keyvault",
            labelNames: ["object_type", "object_name", "error"])
        var calls = Histogram(
            name: "grpc_request", help: "Distribution of how long it took for the gRPC requests",
            labelNames: ["grpc_method", "grpc_code", "grpc_message"])
        var contents = Counter(
            name: "akv_csi_contents_total", help: "Contents that mounts received, by source.",
            labelName: "source")
        var tokens = Counter(
            name: "akv_csi_tokens_total", help: "Access tokens that mounts used, by source.",
            labelName: "source")
        var throttlings = Counter(
            name: "akv_csi_vault_throttled_total", help: "Pauses that a vault asked this node for.",
            labelName: "vault")
    }

    private static let common = [
        (name: "service_name", value: "csi-secrets-store-provider-azure"), (name: "provider", value: "azure"),
        (name: "os_type", value: "linux"),
    ]
    private static let longestName = 128

    private let counts = Mutex(Families())

    package init() {}

    /// Counts one request to Key Vault for an object or for a list.
    package func observe(_ request: VaultRequestObservation) {
        counts.withLock {
            $0.vault.observe(
                request.duration.inSeconds,
                [
                    request.object.type.rawValue, String(request.object.name.prefix(Self.longestName)),
                    request.error?.rawValue ?? "",
                ], of: request.namespace)
        }
    }

    package func observe(_ source: ContentSource, count: Int) {
        counts.withLock { $0.contents.count(source.rawValue, UInt64(count)) }
    }

    package func observe(_ source: TokenSource) {
        counts.withLock { $0.tokens.count(source.rawValue) }
    }

    package func observeThrottling(by host: String) {
        counts.withLock { $0.throttlings.count(host) }
    }

    /// Counts one Mount call, with the error's code if it failed.
    package func observeMount(_ duration: Duration, _ code: RPCCode, _ error: ErrorCode?) {
        counts.withLock {
            $0.calls.observe(
                duration.inSeconds, ["/v1alpha1.CSIDriverProvider/Mount", code.name, error?.rawValue ?? ""])
        }
    }

    package var families: [MetricFamily] {
        let copy = counts.withLock { $0 }
        return [copy.vault.family(common: Self.common), copy.calls.family(common: Self.common)]
            + copy.contents.families + copy.tokens.families + copy.throttlings.families
    }
}
