internal import Foundation

/// How many requests a cluster at rest makes, reckoned. The Performance page derives the formulas.
package struct ClusterModel: Sendable {
    /// Key Vault's documented limit for reads of secrets: requests of one vault in ten seconds.
    package static let vaultLimit = 4000.0
    /// Between two calls of the driver for one pod, in seconds: the mean of what kubelets do.
    package static let republishInterval = 75.0
    /// The lifetime of a pod's token at which the kubelet gets a new one: 80 % of an hour.
    package static let tokenInterval = 2880.0

    package var nodes = 1
    package var podsPerNode = 30
    /// Different identities on each node.
    package var identitiesPerNode = 6
    package var objectsPerPod = 5
    /// In seconds; 0 fetches at each call.
    package var refreshInterval = 120.0
    /// In seconds.
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

    /// Upstream: for each pod and republish, each object and one request for the 401 challenge.
    package var upstreamVaultRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) * Double(objectsPerPod + 1) / republishInterval
    }

    /// Here: each object once per identity, node and fetch interval.
    package var vaultRequestsPerSecond: Double {
        Double(nodes) * Double(identitiesPerNode) * Double(objectsPerPod) / fetchInterval
    }

    /// Upstream: two discoveries and a token at each republish.
    package var upstreamEntraRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) * 3 / republishInterval
    }

    /// Here: one for each token that the kubelet gives a pod.
    package var entraRequestsPerSecond: Double {
        Double(nodes) * Double(podsPerNode) / Self.tokenInterval
    }

    /// The mean time between two fetches of an object, in seconds.
    ///
    /// Nothing is fetched before the refresh interval F has passed; then the first call fetches. The pod
    /// that fetched last calls again r = ⌈F/R⌉·R − F after that, and the calls of the identity's other
    /// p − 1 pods fall anywhere in R. The first of them all comes after the mean of min(r, U₁ … Uₚ₋₁),
    /// which is R/p · (1 − (1 − r/R)ᵖ).
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
