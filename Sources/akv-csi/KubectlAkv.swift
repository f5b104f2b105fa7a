internal import ArgumentParser

/// The kubectl plugin: this program under the name `kubectl-akv`, or `akv-csi kubectl`.
struct KubectlAkv: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubectl akv",
        abstract: "Check and debug the secrets of pods in a cluster, with kubectl and your own kubeconfig.",
        discussion: """
            Reads the cluster with kubectl, so it has the same permissions as you. The environment variable \
            KUBECTL names another kubectl.
            """,
        version: Build.summary,
        subcommands: [KubectlStatus.self, KubectlDoctor.self, KubectlCheck.self, Explain.self])

    /// The names under which kubectl finds the plugin.
    static let programNames = ["kubectl-akv", "kubectl_akv"]
}
