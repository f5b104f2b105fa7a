package import Azure
package import Kubernetes
package import ProviderTransport

/// What `serve` needs to know, complete and checked.
package struct ProviderConfiguration: Sendable {
    package var endpoint: Endpoint
    package var version: String
    package var health: HealthEndpoint.Configuration
    package var metrics: MetricsEndpoint.Configuration
    /// Nil for none, which is the default.
    package var debug: DebugEndpoint.Configuration?
    /// Nil for no socket that `akv-csi status` can ask.
    package var status: StatusEndpoint.Configuration?
    package var mounts: MountPipeline.Settings
    /// What the log tells auditors.
    package var audit = AuditLog.Level.changes
    /// The API server that events on pods are posted to; nil for posting none.
    package var events: KubernetesClient.Configuration?
    /// The API server that is asked for the annotations of service accounts; nil for asking for none.
    package var serviceAccountAnnotations: KubernetesClient.Configuration?
    /// This node's name, for events and the status; empty when it is not known.
    package var nodeName = ""
    package var network: NetworkTransport.Configuration
    /// How long running mounts may take to finish after a signal to stop.
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

    /// The response to Version. The runtime name is that of Azure's provider, because dashboards and scripts know it.
    package var providerVersion: ProviderVersion {
        ProviderVersion(
            version: "v1alpha1", runtimeName: "secrets-store-csi-driver-provider-azure", runtimeVersion: version)
    }
}
