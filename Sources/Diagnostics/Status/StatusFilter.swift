package import ProviderCore

/// Selects the volumes of a status.
package struct StatusFilter: Sendable {
    /// The namespace; nil for all.
    package var namespace: String?
    /// The pod; nil for all.
    package var pod: String?
    /// Whether volumes are included whose pods are probably gone.
    package var includesGone: Bool

    package init(namespace: String? = nil, pod: String? = nil, includesGone: Bool = false) {
        self.namespace = namespace
        self.pod = pod
        self.includesGone = includesGone
    }

    /// Parses `NAMESPACE/POD` or `POD`. Returns nil for any other form, or if the text names another namespace than
    /// `namespace`.
    package init?(_ text: String, namespace: String?, includesGone: Bool) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        switch parts.count {
        case 1: self.init(namespace: namespace, pod: parts[0], includesGone: includesGone)
        case 2 where namespace == nil || namespace == parts[0]:
            self.init(namespace: parts[0], pod: parts[1], includesGone: includesGone)
        default: return nil
        }
    }

    /// Returns whether a volume belongs to the selected pods, even if its pod is gone.
    private func concerns(_ volume: VolumeStatus) -> Bool {
        (namespace == nil || volume.namespace == namespace) && (pod == nil || volume.pod == pod)
    }

    /// Returns the status with only those volumes, and the number of volumes that are hidden because their pods are
    /// gone.
    package func applied(to status: NodeStatus) -> (status: NodeStatus, hidden: Int) {
        var copy = status
        let concerned = status.volumes.filter(concerns)
        copy.volumes = concerned.filter { includesGone || !$0.isGone }
        return (copy, concerned.count - copy.volumes.count)
    }
}
