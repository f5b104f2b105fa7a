package import Azure
package import ProviderCore
package import ProviderTransport
internal import Synchronization

/// What the provider counts, under the names that upstream's dashboards know.
///
/// Where upstream puts whole error texts into labels, these hold the error's stable code, so that the
/// number of series stays bounded.
package final class ProviderMetrics: Sendable {
    private struct Families: Sendable {
        var vault = Histogram(
            name: "keyvault_request", help: "Distribution of how long it took to get from keyvault",
            labelNames: ["object_type", "object_name", "error"])
        var calls = Histogram(
            name: "grpc_request", help: "Distribution of how long it took for the gRPC requests",
            labelNames: ["grpc_method", "grpc_code", "grpc_message"])
    }

    private static let common =
        "service_name=\"csi-secrets-store-provider-azure\",provider=\"azure\",os_type=\"linux\""
    private static let longestName = 128

    private let families = Mutex(Families())

    package init() {}

    /// One request to Key Vault for an object, or for the list of its versions.
    package func observe(_ request: VaultFetch.Observation) {
        families.withLock {
            $0.vault.observe(
                request.duration.seconds,
                [
                    request.object.type.rawValue, String(request.object.name.prefix(Self.longestName)),
                    request.error?.rawValue ?? "",
                ])
        }
    }

    /// One Mount call, with the error's code if it failed.
    package func observeMount(_ duration: Duration, _ code: RPCCode, _ error: ErrorCode?) {
        families.withLock {
            $0.calls.observe(
                duration.seconds, ["/v1alpha1.CSIDriverProvider/Mount", code.name, error?.rawValue ?? ""])
        }
    }

    /// Everything in Prometheus' text format.
    package var exposition: String {
        let copy = families.withLock { $0 }
        return copy.vault.exposition(common: Self.common) + copy.calls.exposition(common: Self.common)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
