package import ProviderCore

/// Which volumes of a status are of interest.
package struct StatusFilter: Sendable {
    /// All when nil.
    package var namespace: String?
    /// All when nil.
    package var pod: String?
    /// Volumes whose pod is probably gone count too.
    package var includesGone: Bool

    package init(namespace: String? = nil, pod: String? = nil, includesGone: Bool = false) {
        self.namespace = namespace
        self.pod = pod
        self.includesGone = includesGone
    }

    /// `text` is `NAMESPACE/POD` or `POD`. Nil if it has another form, or names another namespace than `namespace`.
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

    /// Whether a volume is one of the pods in question, gone or not.
    private func concerns(_ volume: VolumeStatus) -> Bool {
        (namespace == nil || volume.namespace == namespace) && (pod == nil || volume.pod == pod)
    }

    /// The status with those volumes alone, and how many are left out because their pods are gone.
    package func applied(to status: NodeStatus) -> (status: NodeStatus, hidden: Int) {
        var copy = status
        let concerned = status.volumes.filter(concerns)
        copy.volumes = concerned.filter { includesGone || !$0.isGone }
        return (copy, concerned.count - copy.volumes.count)
    }
}
