internal import ArgumentParser
internal import Azure
internal import Diagnostics
internal import Documents
internal import DriverSimulator
internal import FoundationEssentials
internal import Kubernetes
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

struct Mount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Act as the CSI driver: mount SecretProviderClasses through a running provider.",
        discussion: """
            Reads the classes, and the pods and workloads that mount them, from manifests; calls the provider's \
            socket; writes the files with an atomic switch; and shows the Kubernetes Secrets of secretObjects. \
            Values are hidden unless --show-values is set.

            A pod or workload among the manifests decides which classes are mounted: all of its volumes, in their \
            order, each to its own directory below --target (to --target itself if there is only one). As with the \
            kubelet, the first volume that cannot be mounted ends the command, and the volumes before it stay. The \
            Secrets are written last. --watch mounts again at an interval and on SIGHUP, and reports what has \
            changed. If a mount fails, the files stay as they are, as with the driver.
            """)

    @Option(
        name: .shortAndLong, help: "The manifests: files or directories, or - for standard input.", completion: .file())
    var file: [String]

    @Option(name: .customLong("class"), help: "The SecretProviderClass to mount. Can be repeated.")
    var classNames: [String] = []

    @Option(help: "The provider's endpoint.")
    var endpoint = "unix:///var/run/secrets-store-csi-providers/azure.sock"

    @Option(help: "The directory to mount to.", completion: .directory)
    var target: String

    @Option(help: "The pod's namespace; the manifest's by default.")
    var namespace: String?

    @Option(help: "The pod's service account; the manifest's by default.")
    var serviceAccount: String?

    @Option(help: "The pod's name.")
    var pod = "mount"

    @Option(
        help:
            "The pod's uid; that of a new pod by default. With the same uid, a mount acts as the kubelet's later call.")
    var podUID: String?

    @Option(help: "A file with the service account's token.", completion: .file())
    var tokenFile: String?

    @Option(help: "An API server, or an emulator's controls, to ask for the token instead.")
    var tokenServer: String?

    @Option(help: "The token's audience.")
    var audience = ServiceAccountTokens.workloadIdentityAudience

    @Option(
        help: "A file with nodePublishSecretRef's data as a JSON object of texts: clientid, clientsecret.",
        completion: .file())
    var credentialsFile: String?

    @Option(
        help: "Write the Kubernetes Secrets with their values to this file, which only you can read.",
        completion: .file())
    var secretsFile: String?

    @Flag(help: "Show the values.")
    var showValues = false

    @Flag(help: "First show the identity, the reason for it, and the requests to Azure.")
    var explain = false

    @Flag(help: "For --explain: the provider runs with --service-account-annotations.")
    var serviceAccountAnnotations = false

    @Flag(help: "End with exit code 1 when a Kubernetes Secret of secretObjects cannot be written.")
    var strict = false

    @Flag(help: "Mount repeatedly and report the changes, until SIGINT or SIGTERM.")
    var watch = false

    @Option(help: "The interval of --watch.")
    var interval = DurationArgument(seconds: 120)

    @Option(help: "How long the provider may take.")
    var timeout = DurationArgument(seconds: 120)

    func validate() throws {
        guard Endpoint(endpoint) != nil else { throw ValidationError("invalid endpoint: \(endpoint)") }
        for (name, duration) in [("interval", interval), ("timeout", timeout)] where duration.value <= .zero {
            throw ValidationError("the \(name) must be positive")
        }
    }

    func run() async throws {
        guard let endpoint = Endpoint(endpoint) else { throw CommandError("invalid endpoint: \(endpoint)") }
        let selection = try selection()
        let podInfo = SimulatedDriver.Pod(
            name: pod,
            namespace: namespace ?? selection.volumes.first?.manifest.namespace ?? selection.namespace ?? "default",
            uid: podUID ?? UUID().uuidString.lowercased(),
            serviceAccount: serviceAccount ?? selection.serviceAccount ?? "default")
        var session = MountSession(
            driver: SimulatedDriver(endpoint: endpoint, timeout: timeout.value), selection: selection, pod: podInfo,
            audience: audience, origin: origin, secrets: try credentials(), target: target)
        if explain {
            for volume in selection.volumes {
                try StandardOutput.write(
                    (volume.forecast?.text(.terminal) ?? "\(volume.manifest.name): see akv-csi check\n") + "\n")
            }
        }
        var secrets: [String: [SecretBuilder.Secret]] = [:]
        var hasFailed = false
        for (index, volume) in selection.volumes.enumerated() {
            let result = try await session.mount(volume)
            try StandardOutput.write((index > 0 ? "\n" : "") + report(result, podInfo).text + "\n")
            secrets[volume.name] = result.outcome.secrets
            hasFailed = hasFailed || !result.outcome.secretFailures.isEmpty
        }
        try write(secrets, selection)
        if strict, hasFailed { throw ExitCode(1) }
        guard watch else { return }
        var failing: Set<String> = []
        try await MountWatch.run(every: interval.value) {
            var isChanged = false
            for volume in selection.volumes {
                do {
                    let result = try await session.mount(volume)
                    if failing.remove(volume.name) != nil { try say(volume, ["mounted again"]) }
                    try say(volume, result.changes)
                    isChanged = isChanged || result.outcome.isChanged
                    secrets[volume.name] = result.outcome.secrets
                } catch {
                    failing.insert(volume.name)
                    try say(volume, ["not mounted, the files stay: \(error)"])
                }
            }
            if isChanged { try write(secrets, selection) }
        }
    }

    private func selection() throws -> VolumeSelection {
        let inputs = try ManifestFiles.all(file)
        do throws(ManifestError) {
            return try VolumeSelection(
                inputs, classes: classNames, serviceAccount: serviceAccount, readsAnnotations: serviceAccountAnnotations
            )
        } catch {
            throw CommandError("\(file.joined(separator: ", ")): \(error)")
        }
    }

    private func report(_ result: MountSession.Result, _ pod: SimulatedDriver.Pod) -> MountReport {
        MountReport(
            outcome: result.outcome, className: result.volume.manifest.name, pod: pod, target: result.target,
            duration: result.duration, showsValues: showValues)
    }

    /// Writes one line for each change of a watched volume.
    private func say(_ volume: VolumeSelection.Volume, _ lines: [String]) throws {
        let now = Timestamp.text(TimeSource.system.wallClock())
        for line in lines { try StandardOutput.write("\(now) \(volume.manifest.name): \(line)\n") }
    }

    private var origin: MountSession.TokenOrigin {
        if let tokenFile { return .file(tokenFile) }
        guard let tokenServer else { return .none }
        let network = NetworkTransport(
            configuration: NetworkTransport.Configuration(
                trustRoots: TrustRoots(environment: ProcessInfo.processInfo.environment), proxy: .none,
                userAgent: "akv-csi/\(Build.version)"))
        return .server(TokenRequestClient(server: tokenServer, transport: network))
    }

    private func credentials() throws -> SecretBytes {
        guard let credentialsFile else { return SecretBytes("null") }
        return try FileBytes.credentials(credentialsFile)
    }

    /// Writes the Secrets in the order of the volumes.
    private func write(_ secrets: [String: [SecretBuilder.Secret]], _ selection: VolumeSelection) throws {
        guard let secretsFile else { return }
        var bytes: [UInt8] = []
        for secret in selection.volumes.flatMap({ secrets[$0.name] ?? [] }) {
            bytes += Array("---\n".utf8)
            secret.manifest.withExposed { bytes += Array($0) }
        }
        do throws(SmallFileError) { try FileOutput.replace(secretsFile, with: bytes, mode: 0o600) } catch {
            throw CommandError("the secrets file \(secretsFile) cannot be written: \(error)")
        }
    }
}
