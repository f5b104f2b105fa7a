internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import Logging
internal import ProviderCore
internal import ProviderTransport

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct Mount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play the driver once: mount a SecretProviderClass through a running provider.",
        discussion: """
            Reads the class, and who mounts it, from manifests; calls the provider's socket; writes the
            files with an atomic switch; and shows the Kubernetes Secrets that secretObjects ask for.
            Values are never shown unless --show-values says so.
            """)

    @Option(name: .shortAndLong, help: "The manifests, with one SecretProviderClass or more.")
    var file: String

    @Option(name: .customLong("class"), help: "Which SecretProviderClass, if there are several.")
    var className: String?

    @Option(help: "The provider's endpoint.")
    var endpoint = "unix:///var/run/secrets-store-csi-providers/azure.sock"

    @Option(help: "The directory to mount to.")
    var target: String

    @Option(help: "The pod's namespace; the manifest's by default.")
    var namespace: String?

    @Option(help: "The pod's service account; the manifest's by default.")
    var serviceAccount: String?

    @Option(help: "The pod's name.")
    var pod = "mount"

    @Option(help: "The pod's uid; a new pod's by default. The same again plays the kubelet coming back.")
    var podUID: String?

    @Option(help: "A file with the service account's token.")
    var tokenFile: String?

    @Option(help: "An API server, or an emulator's controls, to ask for the token instead.")
    var tokenServer: String?

    @Option(help: "The token's audience.")
    var audience = ServiceAccountTokens.workloadIdentityAudience

    @Option(help: "Write the Kubernetes Secrets to this file, values and all, readable by you alone.")
    var secretsFile: String?

    @Flag(help: "Show the values.")
    var showValues = false

    @Option(help: "How long the provider may take.")
    var timeout = DurationArgument(seconds: 120)

    func run() async throws {
        guard let endpoint = Endpoint(endpoint) else { throw ValidationError("invalid endpoint: \(endpoint)") }
        let manifests: MountManifests
        do throws(ManifestError) {
            manifests = try MountManifests(yaml: try read(file), className: className)
        } catch {
            throw Fatal("\(file): \(error)")
        }
        let podInfo = DriverStandIn.Pod(
            name: pod,
            namespace: namespace ?? manifests.secretProviderClass.namespace ?? manifests.namespace ?? "default",
            uid: podUID ?? UUID().uuidString.lowercased(),
            serviceAccount: serviceAccount ?? manifests.serviceAccount ?? "default")
        let tokens = try await tokens(for: podInfo)
        let start = ContinuousClock.now
        let outcome = try await DriverStandIn(endpoint: endpoint, timeout: timeout.value).mount(
            manifests.secretProviderClass, for: podInfo, tokens: tokens, target: target)
        let report = MountReport(
            outcome: outcome, className: manifests.secretProviderClass.name, pod: podInfo, target: target,
            duration: ContinuousClock.now - start, showsValues: showValues)
        print(report.text)
        if let secretsFile { try write(outcome.secrets, to: secretsFile) }
    }

    private func read(_ path: String) throws(ManifestError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ManifestError("the file cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ManifestError("the file is not UTF-8")
        }
        return text
    }

    private func tokens(for pod: DriverStandIn.Pod) async throws -> [DriverStandIn.Token] {
        if let tokenFile {
            guard let data = FileManager.default.contents(atPath: tokenFile) else {
                throw Fatal("the token file \(tokenFile) cannot be read")
            }
            let text = String(decoding: data, as: UTF8.self).trimmingSpace()
            let secret = SecretBytes(text)
            let expiry = TokenClaims(reading: secret)?.expiry ?? 0
            return [DriverStandIn.Token(audience: audience, secret: secret, expiry: Timestamp.text(expiry))]
        }
        guard let tokenServer else { return [] }
        let network = AsyncHTTPTransport(
            configuration: AsyncHTTPTransport.Configuration(
                trustRoots: TrustRoots(environment: ProcessInfo.processInfo.environment), proxy: .none,
                userAgent: "akv-csi/\(Build.version)"),
            logger: Logger(label: "akv-csi", factory: { _ in SwiftLogNoOpLogHandler() }))
        let token = try await TokenRequestClient(server: tokenServer, transport: network).token(
            namespace: pod.namespace, serviceAccount: pod.serviceAccount, audience: audience)
        return [DriverStandIn.Token(audience: audience, secret: token.secret, expiry: token.expiry)]
    }

    private func write(_ secrets: [SecretBuilder.Secret], to path: String) throws {
        var bytes: [UInt8] = []
        for secret in secrets {
            bytes += Array("---\n".utf8)
            secret.manifest.withExposed { bytes += Array($0) }
        }
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw Fatal("the secrets file \(path) cannot be written") }
    }
}
