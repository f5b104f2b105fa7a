package import Documents
package import ProviderCore
internal import SecretMemory

/// The status of several nodes of a cluster, from their providers' pods.
package struct NodeStatuses: Sendable {
    /// The status of one node, or the reason why it is missing.
    package struct Node: Sendable {
        /// The node's name.
        package var name: String
        /// The name of the provider's pod; empty if the node does not have one.
        package var pod: String
        package var status: NodeStatus?
        /// The reason why the status is missing.
        package var error: KubectlError?
    }

    package var nodes: [Node] = []
    package var unknownPods: [StatusReport.UnknownPod] = []
    /// The number of volumes that are hidden because their pods are gone.
    package var hidden = 0

    /// Requests the status from the providers on `names`, or on all nodes with a provider if it is nil.
    package init(
        on names: Set<String>?, among pods: [ProviderPod], _ kubectl: Kubectl
    ) throws(KubectlError) {
        let asked = pods.filter { names?.contains($0.node) ?? !$0.node.isEmpty }
        let results = try kubectl.execute(
            asked.map { pod in
                Kubectl.Execution(
                    namespace: pod.namespace, pod: pod.name, container: pod.container,
                    command: pod.command(["status", "--all", "--output", "json"]))
            })
        var found: [String: Node] = [:]
        for (pod, result) in zip(asked, results) {
            let node = Self.node(pod, result)
            // During an update a node can have two pods, of which only one responds.
            if found[pod.node]?.status == nil { found[pod.node] = node }
        }
        for name in (names ?? []).sorted() where found[name] == nil {
            found[name] = Node(
                name: name, pod: "",
                error: KubectlError(
                    .notFound, "no provider runs on this node",
                    fix:
                        "look at the DaemonSet's node selector and tolerations; name its pods with --provider-namespace"
                        + " and --provider-selector"))
        }
        nodes = found.values.sorted { $0.name < $1.name }
    }

    private static func node(_ pod: ProviderPod, _ result: ChildProcess.Result) -> Node {
        var node = Node(name: pod.node, pod: pod.name)
        if result.status == 0, !result.isLate, let document = try? JSONParser.parse(result.output) {
            node.status = NodeStatus(document)
            if node.status == nil {
                node.error = KubectlError(
                    .other, "\(pod.name) answers in a form that this version does not know",
                    fix: "use the kubectl-akv of the provider's version")
            }
        } else {
            node.error = pod.failure(result)
        }
        return node
    }

    /// Keeps the volumes that match `filter`.
    package mutating func apply(_ filter: StatusFilter) {
        for index in nodes.indices {
            guard let status = nodes[index].status else { continue }
            let (filtered, hidden) = filter.applied(to: status)
            nodes[index].status = filtered
            self.hidden += hidden
        }
    }

    /// Keeps the volumes of `pods`, and records which of these pods' volumes no provider knows.
    package mutating func keep(volumesOf pods: [Workload]) {
        let wanted = Dictionary(
            pods.map { ("\($0.namespace)/\($0.manifest.name)", $0.manifest.uid) },
            uniquingKeysWith: { first, _ in first })
        var known: Set<String> = []
        for index in nodes.indices {
            nodes[index].status?.volumes.removeAll { volume in
                guard let uid = wanted["\(volume.namespace)/\(volume.pod)"] else { return true }
                return !uid.isEmpty && !volume.podUID.isEmpty && uid != volume.podUID
            }
            for volume in nodes[index].status?.volumes ?? [] {
                known.insert("\(volume.namespace)/\(volume.pod)/\(volume.className)")
            }
        }
        let silent = Set(nodes.filter { $0.status == nil }.map(\.name))
        for pod in pods where !silent.contains(pod.manifest.nodeName) {
            for volume in pod.volumes
            where !known.contains("\(pod.namespace)/\(pod.manifest.name)/\(volume.className)") {
                unknownPods.append(
                    StatusReport.UnknownPod(
                        namespace: pod.namespace, pod: pod.manifest.name, node: pod.manifest.nodeName,
                        className: volume.className))
            }
        }
    }

    package func report(showsNodes: Bool) -> StatusReport {
        var report = StatusReport()
        report.showsNodes = showsNodes
        for node in nodes {
            if let status = node.status { report.add(status, node: node.name) }
        }
        report.unknownPods = unknownPods
        return report
    }

    package var failures: [String] {
        nodes.compactMap { node in
            node.error.map { error in
                "node \(node.name.printable): \(error.cause)" + (error.fix.isEmpty ? "" : "\n  To fix: \(error.fix)")
            }
        }
    }

    package var json: JSONOutput {
        [
            "formatVersion": .number(1),
            "nodes": .array(
                nodes.map { node in
                    [
                        "node": .text(node.name), "pod": .text(node.pod),
                        "error": .optional(node.error?.description), "status": node.status?.json ?? .null,
                    ]
                }),
            "unknownPods": .array(
                unknownPods.map { pod in
                    [
                        "namespace": .text(pod.namespace), "pod": .text(pod.pod), "node": .text(pod.node),
                        "secretProviderClass": .text(pod.className),
                    ]
                }),
        ]
    }

    /// The same status without the parts that change all the time.
    package var lasting: NodeStatuses {
        var copy = self
        for index in copy.nodes.indices { copy.nodes[index].status = copy.nodes[index].status?.lasting }
        return copy
    }
}
