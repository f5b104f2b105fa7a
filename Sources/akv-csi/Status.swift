internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import Documents
internal import ProviderCore
internal import ProviderTransport

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the secrets of the pods on this node are current, and if not, why.",
        discussion: """
            Asks the provider of this machine, over a socket next to its own. It shows volumes, identities, objects, \
            versions, ages and errors, and never a value. In a cluster, run it in the provider's pod:

              kubectl exec -n kube-system ds/csi-secrets-store-provider-azure -- /usr/local/bin/akv-csi status

            With a pod, the text shows each of its objects. kubectl akv status asks all nodes.

            Exit code: 0, 1 if no provider answers, 2 for a mistake in the command.
            """)

    @Argument(help: "NAMESPACE/POD, or POD: only the volumes of that pod, with their objects.")
    var pod: String?

    @Option(name: .shortAndLong, help: "Only the pods of this namespace.")
    var namespace: String?

    @OptionGroup var view: StatusView

    @Option(help: "The provider's socket, as in serve --endpoint: unix:///path.")
    var endpoint: String?

    @Option(help: "The status socket, as in serve --status-endpoint: unix:///path.")
    var statusEndpoint: String?

    func validate() throws {
        for text in [endpoint, statusEndpoint].compactMap(\.self) {
            guard case .unix? = Endpoint(text) else {
                throw ValidationError("invalid endpoint: \(text), must be unix:///path")
            }
        }
        guard filter != nil else { throw ValidationError("name the pod as NAMESPACE/POD, in one namespace") }
    }

    private var filter: StatusFilter? {
        guard let pod else { return StatusFilter(namespace: namespace, includesGone: view.all) }
        return StatusFilter(pod, namespace: namespace, includesGone: view.all)
    }

    func run() async throws {
        if !view.watch { return try show(try client().status()) }
        // If no provider runs when the command starts, this is more often a mistake than a restart.
        var screen = StatusScreen(isTerminal: view.isTerminal)
        try draw(try client().status(), on: &screen)
        try await MountWatch.run(every: .seconds(1)) {
            do throws(StatusError) {
                let status = try client().status()
                try draw(status, on: &screen)
            } catch {
                try screen.draw("\(error)\n", ifChanged: .text("\(error)"))
            }
        }
    }

    private func client() throws(StatusError) -> StatusClient {
        if let statusEndpoint, case .unix(let path)? = Endpoint(statusEndpoint) {
            return StatusClient(statusSocket: path)
        }
        if let endpoint, case .unix(let path)? = Endpoint(endpoint) { return StatusClient(providerSocket: path) }
        return try StatusClient.usual()
    }

    private func show(_ status: NodeStatus) throws {
        let (filtered, hidden) = (filter ?? StatusFilter()).applied(to: status)
        try StandardOutput.write(text(filtered))
        if view.output == .json { return }
        for line in notes(filtered, hidden) { StandardErrorLogHandler.write("\(line)\n") }
    }

    private func draw(_ status: NodeStatus, on screen: inout StatusScreen) throws(StatusError) {
        let (filtered, hidden) = (filter ?? StatusFilter()).applied(to: status)
        let content = StatusScreen.Content.status(filtered.lasting, hidden: hidden)
        if view.output == .json {
            return try screen.print(filtered.json.compact + "\n", ifChanged: content)
        }
        let notes = notes(filtered, hidden).map { "\n" + $0 }.joined() + "\n"
        try screen.draw(text(filtered) + notes, ifChanged: content)
    }

    private func text(_ status: NodeStatus) -> String {
        if view.output == .json { return status.json.document }
        if status.volumes.isEmpty { return "" }
        let report = StatusReport(status)
        if view.output == .wide { return report.wide(.terminal) }
        return pod == nil ? report.table(.terminal) : report.details(.terminal)
    }

    private func notes(_ status: NodeStatus, _ hidden: Int) -> [String] {
        StatusNotes.lines(status, hidden: hidden, isFiltered: pod != nil || namespace != nil)
    }
}
