internal import ArgumentParser

/// The plugin of kubectl: this program under the name `kubectl-akv`, or `akv-csi kubectl`.
struct KubectlAkv: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubectl akv",
        abstract: "Look after the secrets of pods in a cluster, with kubectl and your own kubeconfig.",
        discussion: """
            Reads what is needed from the cluster with kubectl, so it may do what you may do. The environment variable \
            KUBECTL names another kubectl.
            """,
        version: Build.summary,
        subcommands: [KubectlStatus.self, KubectlDoctor.self, KubectlCheck.self, Explain.self])

    /// The names that kubectl finds the plugin by.
    static let programNames = ["kubectl-akv", "kubectl_akv"]
}
