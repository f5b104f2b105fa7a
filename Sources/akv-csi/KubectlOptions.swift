internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import FoundationEssentials

/// The options with which kubectl reaches the cluster. They have the names of kubectl's own flags.
struct KubectlOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The namespace; that of the kubeconfig's context by default.")
    var namespace: String?

    @Option(help: "The context of the kubeconfig.")
    var context: String?

    @Option(help: "The kubeconfig.", completion: .file())
    var kubeconfig: String?

    @Option(help: "The namespace of the provider's pods.")
    var providerNamespace = ProviderPod.defaultNamespace

    @Option(help: "The label selector of the provider's pods.")
    var providerSelector = ProviderPod.defaultSelector

    @Option(help: "How long kubectl may take for each call.")
    var timeout = DurationArgument(seconds: 60)

    func validate() throws {
        guard timeout.value > .zero else { throw ValidationError("the timeout must be positive") }
    }

    var kubectl: Kubectl {
        Kubectl(
            program: ProcessInfo.processInfo.environment["KUBECTL"] ?? "",
            flags: [("--context", context), ("--kubeconfig", kubeconfig)].flatMap { flag, value in
                value.map { [flag, $0] } ?? []
            },
            timeout: timeout.value, onErrorLine: { StandardErrorLogHandler.write("\($0)\n") })
    }

    func cluster(_ kubectl: Kubectl) -> Cluster { Cluster(kubectl, namespace: namespace) }

    func providerPods(_ cluster: Cluster) throws(KubectlError) -> [ProviderPod] {
        let pods = try cluster.providerPods(in: providerNamespace, selector: providerSelector).filter(\.isRunning)
        guard !pods.isEmpty else {
            throw KubectlError(
                .notFound, "no provider runs in the namespace \(providerNamespace) with the labels \(providerSelector)",
                fix: "name its pods with --provider-namespace and --provider-selector")
        }
        return pods
    }

    /// Returns the name of the pod in `text`, which is `NAME`, `pod/NAME`, `pods/NAME` or `po/NAME`.
    static func podName(_ text: String) throws -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1 where !text.isEmpty: return text
        case 2 where ["pod", "pods", "po"].contains(parts[0].lowercased()) && !parts[1].isEmpty: return parts[1]
        case 2: throw ValidationError("\(text) is not a pod; name one as pod/NAME, and its namespace with -n")
        default: throw ValidationError("name a pod as pod/NAME")
        }
    }
}
