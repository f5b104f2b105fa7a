import Azure
import CSIProvider
import Kubernetes
import ProviderCore
import ProviderTransport

extension ProviderConfiguration {
    /// The configuration of `serve` without flags, for a server that only handles calls: its endpoints are never
    /// opened.
    static func unserved(_ mounts: MountPipeline.Settings = .default()) -> ProviderConfiguration {
        ProviderConfiguration(
            endpoint: .unix(path: "/unused"), version: "v0",
            health: HealthEndpoint.Configuration(host: "127.0.0.1", port: 0, path: "/healthz", timeout: .seconds(5)),
            metrics: MetricsEndpoint.Configuration(host: "127.0.0.1", port: 0), mounts: mounts,
            network: NetworkTransport.Configuration(trustRoots: TrustRoots(), proxy: .none, userAgent: "tests"),
            drainTimeout: .zero)
    }
}

extension MountPipeline.Settings {
    /// The configuration of `serve` without flags, without limits that a busy machine could reach.
    static func `default`(cache: CacheSettings = CacheSettings(), policy: PolicyFile? = nil) -> Self {
        var settings = Self(
            defaultCloudName: "AzurePublicCloud", conversion: ContentConversion(),
            cloudFiles: CloudEnvironmentFiles(defaultPath: ""), cache: cache)
        settings.policy = policy
        // A busy machine is not an outage.
        settings.primaryTimeout = .seconds(60)
        return settings
    }
}
