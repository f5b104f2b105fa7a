internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import SecretMemory

struct KubectlCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find mistakes in the SecretProviderClasses and pods of a namespace.",
        discussion: """
            Reads SecretProviderClasses, pods and the objects that create them, ServiceAccounts and the CSIDriver with \
            kubectl, and checks them like akv-csi check. Lines and columns are those of kubectl get KIND NAME -o yaml.

              kubectl akv check -n team-payments
              kubectl akv check -A

            Exit code: 0 without a finding of --fail-on's severity, 1 with one, 2 for a mistake in the command.
            """)

    @Flag(name: [.customShort("A"), .long], help: "All namespaces.")
    var allNamespaces = false

    @OptionGroup var view: CheckOptions

    @OptionGroup var options: KubectlOptions

    /// The kinds of objects that create pods, or that such objects create.
    private static let kinds = [
        KubectlDoctor.classes, "serviceaccounts", "pods", "deployments.apps", "statefulsets.apps", "daemonsets.apps",
        "replicasets.apps", "jobs.batch", "cronjobs.batch",
    ]
    private static let controllers: Set<String> = [
        "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob",
    ]

    func validate() throws {
        if allNamespaces, options.namespace != nil {
            throw ValidationError("name a namespace with -n, or all with -A")
        }
    }

    func run() async throws {
        let cluster = options.cluster(options.kubectl)
        let list = try cluster.list(Self.kinds, inAllNamespaces: allNamespaces)
        if let error = list.error {
            guard error.kind == .forbidden, !list.files.isEmpty else { throw error }
            StandardErrorLogHandler.write("not checked: \(error.cause)\n")
        }
        var files = list.files.filter { file in
            guard let manifest = ClusterObjects.manifest(file) else { return true }
            // The object that creates it is checked instead.
            return !(manifest.isControlled && manifest.ownerKinds.contains(where: Self.controllers.contains))
        }
        do throws(KubectlError) { files.append(try cluster.object("csidriver", Workload.driver)) } catch {
            StandardErrorLogHandler.write("not checked: \(error.cause)\n")
        }
        var view = view
        if let pods = try? options.providerPods(cluster) {
            view.serviceAccountAnnotations =
                view.serviceAccountAnnotations || pods.contains { $0.isOn(AnnotatedAccounts.flag) }
        }
        try view.report(on: files, unit: "object")
    }
}
