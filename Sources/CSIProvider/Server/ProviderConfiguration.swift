package import Azure
package import Kubernetes
package import ProviderTransport

/// The complete, checked configuration of `serve`.
package struct ProviderConfiguration: Sendable {
    package var endpoint: Endpoint
    package var version: String
    package var health: HealthEndpoint.Configuration
    package var metrics: MetricsEndpoint.Configuration
    /// The debug endpoint; nil, the default, if it is disabled.
    package var debug: DebugEndpoint.Configuration?
    /// The socket for `akv-csi status`; nil if it is disabled.
    package var status: StatusEndpoint.Configuration?
    package var mounts: MountPipeline.Settings
    /// The amount of audit lines in the log.
    package var audit = AuditLog.Level.changes
    /// The API server that receives events on pods; nil if events are disabled.
    package var events: KubernetesClient.Configuration?
    /// The API server from which annotations of service accounts are read; nil if that is disabled.
    package var serviceAccountAnnotations: KubernetesClient.Configuration?
    /// The name of this node, for events and the status; empty if it is not known.
    package var nodeName = ""
    package var network: NetworkTransport.Configuration
    /// The time that running mounts have to finish after SIGTERM or SIGINT.
    package var drainTimeout: Duration

    package init(
        endpoint: Endpoint,
        version: String,
        health: HealthEndpoint.Configuration,
        metrics: MetricsEndpoint.Configuration,
        debug: DebugEndpoint.Configuration? = nil,
        mounts: MountPipeline.Settings,
        network: NetworkTransport.Configuration,
        drainTimeout: Duration
    ) {
        self.endpoint = endpoint
        self.version = version
        self.health = health
        self.metrics = metrics
        self.debug = debug
        self.mounts = mounts
        self.network = network
        self.drainTimeout = drainTimeout
    }

    /// The response to the Version call. The runtime name is that of Azure's provider, because dashboards and scripts
    /// use it.
    package var providerVersion: ProviderVersion {
        ProviderVersion(
            version: "v1alpha1", runtimeName: "secrets-store-csi-driver-provider-azure", runtimeVersion: version)
    }
}
