internal import Foundation

/// Calculates the requests of a cluster in steady state. The Performance page of the documentation derives the formulas.
package struct ClusterModel: Sendable {
    /// Key Vault's documented limit for reads of secrets: requests per vault in ten seconds.
    package static let vaultLimit = 4000.0
    /// The mean time between two calls of the driver for one pod, in seconds, as observed with kubelets.
    package static let republishInterval = 75.0
    /// The age at which the kubelet replaces a pod's token, in seconds: 80 % of an hour.
    package static let tokenInterval = 2880.0

    package var nodes = 1
    package var podsPerNode = 30
    /// Different identities on each node.
    package var identitiesPerNode = 6
    package var objectsPerPod = 5
    /// The refresh interval in seconds. With 0, every call fetches.
    package var refreshInterval = 120.0
    /// The republish interval in seconds.
    package var republishInterval = Self.republishInterval

    package init(
        nodes: Int = 1, podsPerNode: Int = 30, identitiesPerNode: Int = 6, objectsPerPod: Int = 5,
        refreshInterval: Double = 120, republishInterval: Double = Self.republishInterval
    ) {
        self.nodes = nodes
        self.podsPerNode = podsPerNode
        self.identitiesPerNode = identitiesPerNode
        self.objectsPerPod = objectsPerPod
        self.refreshInterval = refreshInterval
        self.republishInterval = republishInterval
    }

    /// The rate of Azure's provider: for each pod and republish, one request per object and one for the 401 challenge.
    package var upstreamVaultRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) * Double(objectsPerPod + 1) / republishInterval
    }

    /// The rate of this provider: each object once per identity, node and fetch interval.
    package var vaultRequestsPerSecond: Double {
        Double(nodes) * Double(identitiesPerNode) * Double(objectsPerPod) / fetchInterval
    }

    /// The rate of Azure's provider: two discovery requests and a token request at each republish.
    package var upstreamEntraRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) * 3 / republishInterval
    }

    /// The rate of this provider: one request for each token that the kubelet creates for a pod.
    package var entraRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) / Self.tokenInterval
    }

    /// The mean time between two fetches of an object, in seconds.
    ///
    /// After a fetch, no call fetches before the refresh interval F has passed. The first call after that fetches.
    /// With the republish interval R, the pod that fetched last calls r = ⌈F/R⌉·R − F after F, and the calls of the
    /// identity's other p − 1 pods are uniformly distributed over R. The mean time to the first of all these calls is
    /// the mean of min(r, U₁ … Uₚ₋₁), which is R/p · (1 − (1 − r/R)ᵖ).
    package var fetchInterval: Double {
        let interval = republishInterval
        let pods = Double(podsPerNode) / Double(identitiesPerNode)
        guard refreshInterval > 0 else { return interval / pods }
        let rest = (refreshInterval / interval).rounded(.up) * interval - refreshInterval
        return refreshInterval + interval / pods * (1 - pow(1 - rest / interval, pods))
    }

    static func upstreamVaultRequestsPerSecond(pods: Int, objects: Int) -> Double {
        ClusterModel(podsPerNode: pods, objectsPerPod: objects).upstreamVaultRequestsPerSecond
    }
}
