internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import Documents
internal import ProviderCore
internal import SecretMemory

struct KubectlDoctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a pod's volume cannot be mounted, with a token of the pod.",
        discussion: """
            Reads the pod, its SecretProviderClasses, its ServiceAccount and the CSIDriver, makes a token that is bound to \
            the pod, and runs akv-csi doctor with them: here, or with --in-node in the provider's pod on the pod's node, \
            which has the network, the proxy and the managed identities of the provider.

              kubectl akv doctor pod/payments-api-7d9f5c-x2x8k -n team-payments

            Neither a token nor a value is shown, or put on a command line. Flags that serve has too are read from the \
            provider's pod if you may see it.

            Exit code: 0 when the mount works, 1 when it does not, 2 for a mistake in the command.
            """)

    @Argument(help: "pod/NAME.")
    var pod: String

    @Option(name: .customLong("class"), help: "Only this SecretProviderClass of the pod.")
    var className: String?

    @Flag(help: "Run the doctor in the provider's pod on the pod's node.")
    var inNode = false

    @Option(name: .shortAndLong, help: "The format of the report; JSON is a list with a report for each class.")
    var output = DoctorOptions.Format.text

    @OptionGroup var options: KubectlOptions

    func validate() throws { _ = try KubectlOptions.podName(pod) }

    func run() async throws {
        let kubectl = options.kubectl
        let cluster = options.cluster(kubectl)
        let file = try cluster.object("pod", try KubectlOptions.podName(pod))
        guard let workload = ClusterObjects.manifest(file).flatMap(Workload.init) else {
            throw CommandError("kubectl printed no pod")
        }
        let volumes = workload.volumes.filter { className == nil || $0.className == className }
        guard !volumes.isEmpty else {
            throw CommandError(
                "the pod \(workload.manifest.name) mounts no SecretProviderClass"
                    + (className.map { " called \($0)" } ?? ""))
        }
        var files = [file]
        let wanted = Set(volumes.map(\.className))
        for name in Set(workload.volumes.map(\.className)).sorted() {
            let read = { () throws(KubectlError) in
                try cluster.object(Self.classes, name, in: workload.namespace)
            }
            files += wanted.contains(name) ? [try read()] : optional(read)
        }
        files += optional { () throws(KubectlError) in
            try cluster.object("serviceaccount", workload.template.serviceAccount, in: workload.namespace)
        }
        files += optional { () throws(KubectlError) in try cluster.object("csidriver", Workload.driver) }
        let provider = try provider(on: workload.manifest.nodeName, cluster)
        var failures = 0
        var reports: [String] = []
        for volume in volumes {
            let examination = Examination(
                workload: workload, volume: volume, files: files, provider: provider, cluster: cluster,
                kubectl: kubectl, output: output)
            let (text, works) = inNode ? try examination.inNode() : try await examination.here()
            if !works { failures += 1 }
            reports.append(text)
            if output == .json { continue }
            let title = volumes.count > 1 ? "\(volume.name.printable), class \(volume.className.printable)\n\n" : ""
            try StandardOutput.write((reports.count > 1 ? "\n" : "") + title + text)
        }
        if output == .json { try StandardOutput.write("[\n\(reports.joined(separator: ",\n"))]\n") }
        if failures > 0 { throw ExitCode(1) }
    }

    static let classes = "secretproviderclasses.secrets-store.csi.x-k8s.io"

    /// Reads input that helps the doctor but is not necessary. Input that cannot be read is reported.
    private func optional(_ read: () throws(KubectlError) -> ManifestFile) -> [ManifestFile] {
        do throws(KubectlError) { return [try read()] } catch {
            StandardErrorLogHandler.write("not read: \(error.cause)\n")
            return []
        }
    }

    /// Returns the provider on the pod's node, or nil if the user cannot see it and it is not needed.
    private func provider(on node: String, _ cluster: Cluster) throws -> ProviderPod? {
        do throws(KubectlError) {
            let pods = try options.providerPods(cluster)
            if let pod = pods.first(where: { $0.node == node }) { return pod }
            if !inNode { return pods.first }
        } catch {
            if inNode { throw error }
            return nil
        }
        throw CommandError(
            node.isEmpty
                ? "the pod has no node yet; run the doctor without --in-node"
                : "no provider runs on the pod's node \(node); run the doctor without --in-node")
    }
}

/// The doctor's run for one volume.
private struct Examination {
    let workload: Workload
    let volume: Workload.Volume
    let files: [ManifestFile]
    let provider: ProviderPod?
    let cluster: Cluster
    let kubectl: Kubectl
    let output: DoctorOptions.Format

    /// The flags of `serve` that the doctor has too.
    private static let sharedFlags = [
        "cloud-name", "token-proxy-url", "sni-name", "token-proxy-ca-file", "nmi-endpoint",
    ]

    /// Returns the arguments of the doctor, for a run here or in the provider's pod.
    private func words(isInNode: Bool) -> [String] {
        var words = [
            "--class", volume.className, "--namespace", workload.namespace, "--service-account",
            workload.template.serviceAccount, "--output", output.rawValue,
        ]
        guard let provider else { return words }
        for flag in Self.sharedFlags {
            if let value = provider.flags[flag], !value.isEmpty { words += ["--\(flag)=\(value)"] }
        }
        if provider.isOn(AnnotatedAccounts.flag) { words.append("--\(AnnotatedAccounts.flag)") }
        if isInNode, let endpoint = provider.flags["endpoint"] { words += ["--endpoint", endpoint] }
        return words
    }

    func here() async throws -> (text: String, works: Bool) {
        let options = try DoctorOptions.parse(words(isInNode: false))
        let report = try await options.report(of: files, credentials: try credentials(options)) { subject, _ in
            try token(subject, options)
        }
        let text = output == .json ? report.json.document : report.text(.terminal)
        return (text, report.cause == nil)
    }

    func inNode() throws -> (text: String, works: Bool) {
        guard let provider else { throw CommandError("no provider's pod is known") }
        let options = try DoctorOptions.parse(words(isInNode: false))
        let (subject, _) = try options.subject(of: files)
        let bundle = DoctorBundle(
            files: files, token: try token(subject, options), credentials: try credentials(options))
        let execution = Kubectl.Execution(
            namespace: provider.namespace, pod: provider.name, container: provider.container,
            command: provider.command([DoctorBundleCommand.name] + words(isInNode: true)), input: bundle.bytes)
        let result = try kubectl.execute([execution])[0]
        let text = result.output.withExposed { String(decoding: $0, as: UTF8.self) }
        guard !text.isEmpty, !result.isLate else { throw provider.failure(result) }
        return (text, result.status == 0)
    }

    private func token(_ subject: Doctor.Subject, _ options: DoctorOptions) throws(KubectlError) -> SecretBytes? {
        try cluster.token(of: workload.manifest, audience: options.audience(for: subject))
    }

    /// Returns the data of nodePublishSecretRef, or nil if the volume does not have one.
    private func credentials(_ options: DoctorOptions) throws(KubectlError) -> SecretBytes? {
        guard let name = volume.csi["nodePublishSecretRef"]?["name"]?.text else { return nil }
        return try cluster.secretData(name, in: workload.namespace)
    }
}
