internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import Documents

struct KubectlStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the secrets of pods are current, and if not, why.",
        discussion: """
            Asks the providers on the nodes of the pods, with akv-csi status in their pods:

              kubectl akv status pod/payments-api-7d9f5c-x2x8k -n team-payments
              kubectl akv status -n team-payments
              kubectl akv status -A

            A pod is Unknown if the driver has not requested its volume from the provider. A node that does not answer \
            is named, and the others are shown.

            Exit code: 0, 1 if a node does not answer, 2 for a mistake in the command.
            """)

    @Argument(help: "pod/NAME: only that pod, with its objects.")
    var pod: String?

    @Flag(name: [.customShort("A"), .long], help: "All nodes of the cluster.")
    var allNamespaces = false

    @OptionGroup var view: StatusView

    @OptionGroup var options: KubectlOptions

    func validate() throws {
        if let pod {
            _ = try KubectlOptions.podName(pod)
            if allNamespaces { throw ValidationError("name a pod, or all namespaces") }
        }
        if allNamespaces, options.namespace != nil {
            throw ValidationError("name a namespace with -n, or all with -A")
        }
    }

    func run() async throws {
        var screen = StatusScreen(isTerminal: view.isTerminal)
        guard view.watch else { return try show(try statuses()) }
        try draw(try statuses(), on: &screen)
        try await MountWatch.run(every: .seconds(5)) {
            do throws(KubectlError) {
                let statuses = try statuses()
                try draw(statuses, on: &screen)
            } catch {
                try screen.draw("\(error)\n", ifChanged: .text("\(error)"))
            }
        }
    }

    private func statuses() throws(KubectlError) -> NodeStatuses {
        let kubectl = options.kubectl
        let cluster = options.cluster(kubectl)
        if allNamespaces {
            var statuses = try NodeStatuses(on: nil, among: try options.providerPods(cluster), kubectl)
            statuses.apply(StatusFilter(includesGone: view.all))
            return statuses
        }
        var files: [ManifestFile] = []
        if let pod, let name = try? KubectlOptions.podName(pod) {
            files = [try cluster.object("pod", name)]
        } else {
            let list = try cluster.list(["pods"])
            if let error = list.error { throw error }
            files = list.files
        }
        let pods = files.compactMap(ClusterObjects.manifest).compactMap(Workload.init).filter {
            !$0.volumes.isEmpty && (pod != nil || !$0.manifest.hasEnded)
        }
        let names = Set(pods.map(\.manifest.nodeName).filter { !$0.isEmpty })
        var statuses = try NodeStatuses(
            on: names, among: names.isEmpty ? [] : try options.providerPods(cluster), kubectl)
        statuses.keep(volumesOf: pods)
        return statuses
    }

    private func show(_ statuses: NodeStatuses) throws {
        try StandardOutput.write(text(statuses))
        for line in notes(statuses) { StandardErrorLogHandler.write("\(line)\n") }
        if !statuses.failures.isEmpty { throw ExitCode(1) }
    }

    private func draw(_ statuses: NodeStatuses, on screen: inout StatusScreen) throws(KubectlError) {
        let content = StatusScreen.Content.text(statuses.lasting.json.compact)
        do throws(StatusError) {
            if view.output == .json { return try screen.print(statuses.json.compact + "\n", ifChanged: content) }
            let notes = notes(statuses).map { "\n" + $0 }.joined() + "\n"
            try screen.draw(text(statuses) + notes, ifChanged: content)
        } catch {
            throw KubectlError(.other, error.cause, fix: error.fix)
        }
    }

    private func text(_ statuses: NodeStatuses) -> String {
        if view.output == .json { return statuses.json.document }
        let report = statuses.report(showsNodes: pod != nil || statuses.nodes.count > 1)
        if report.isEmpty { return "" }
        if view.output == .wide { return report.wide(.terminal) }
        return pod == nil ? report.table(.terminal) : report.details(.terminal)
    }

    private func notes(_ statuses: NodeStatuses) -> [String] {
        if view.output == .json { return statuses.failures }
        var notes = statuses.failures
        if statuses.report(showsNodes: false).isEmpty, notes.isEmpty {
            notes.append(
                allNamespaces
                    ? "The driver has not requested a volume from any provider."
                    : "No pod here mounts a SecretProviderClass.")
        }
        if statuses.hidden > 0 {
            notes.append("\(statuses.hidden) volumes of pods that are gone are hidden; --all shows them.")
        }
        return notes
    }
}
