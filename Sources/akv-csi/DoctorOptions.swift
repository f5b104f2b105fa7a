internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import Diagnostics
internal import Documents
internal import FoundationEssentials
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

/// The options of the doctor that do not depend on the source of its files.
struct DoctorOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(name: .customLong("class"), help: "The SecretProviderClass, if there are several.")
    var className: String?

    @Option(help: "The pod's namespace; the manifest's by default.")
    var namespace: String?

    @Option(help: "The pod's service account; the manifest's by default, else the token's own.")
    var serviceAccount: String?

    @Flag(help: "The provider runs with --service-account-annotations; give the ServiceAccount's file too.")
    var serviceAccountAnnotations = false

    @Option(help: "The provider's socket, to be asked for its version and health too.")
    var endpoint: String?

    @Option(help: "The timeout of each network step.")
    var timeout = DurationArgument(seconds: 15)

    @Option(help: "Like the flag of serve: the cloud for classes that do not name one.")
    var cloudName = "AzurePublicCloud"

    @Option(
        name: .customLong("token-proxy-url"), help: "Like the flag of serve: the token proxy for AKS identity bindings."
    )
    var tokenProxyURL: String?

    @Option(help: "Like the flag of serve: the token proxy's TLS server name.")
    var sniName: String?

    @Option(
        name: .customLong("token-proxy-ca-file"), help: "Like the flag of serve: the authority of the token proxy.",
        completion: .file())
    var tokenProxyAuthorityFile: String?

    @Option(help: "Like the flag of serve: where aad-pod-identity's node agent listens.")
    var nmiEndpoint: String?

    @Option(name: .shortAndLong, help: "The format of the report.")
    var output = Format.text

    func validate() throws {
        if let endpoint, Endpoint(endpoint) == nil { throw ValidationError("invalid endpoint: \(endpoint)") }
        guard timeout.value > .zero else { throw ValidationError("the timeout must be positive") }
        if let problem = tokenServices.tokenProxy.urlProblem {
            throw ValidationError("invalid token-proxy-url: \(problem)")
        }
    }

    /// Runs `examine` and writes its report. Throws exit code 1 if the mount does not work.
    func write(_ examine: () async throws -> DoctorReport) async throws {
        let report: DoctorReport
        do {
            report = try await examine()
        } catch let error where !(error is ValidationError) {
            // A reader of JSON output also needs this failure as JSON.
            if output == .json { try StandardOutput.write(DoctorReport.json(failure: "\(error)").document) }
            throw error
        }
        switch output {
        case .text: try StandardOutput.write(report.text(.terminal))
        case .json: try StandardOutput.write(report.json.document)
        }
        if report.cause != nil { throw ExitCode(1) }
    }

    /// Runs the doctor for the manifests in `files`. `token` is called with the subject of the run.
    func report(
        of files: [ManifestFile], credentials: SecretBytes? = nil,
        token: (Doctor.Subject, any HTTPTransport) async throws -> SecretBytes?
    ) async throws -> DoctorReport {
        var (subject, isAccountAssumed) = try subject(of: files)
        let settings = try settings()
        subject.token = try await token(subject, settings.transport)
        // Without a pod in the files, the service account is the token's.
        if isAccountAssumed, let account = subject.token.flatMap(Self.serviceAccount(of:)),
            account.namespace == subject.namespace
        {
            subject.serviceAccount = account.name
        }
        if let credentials { subject.secrets = credentials }
        return await Doctor(settings).run(subject)
    }

    /// Returns the class and the pod to examine, and whether the service account is a guess.
    func subject(of files: [ManifestFile]) throws -> (Doctor.Subject, isAccountAssumed: Bool) {
        let check = ManifestCheck(files, readsAnnotations: serviceAccountAnnotations)
        let parsedClass = try choose(among: check.classes)
        let user = check.workloads.first { workload in
            workload.namespace == parsedClass.namespace
                && workload.volumes.contains { $0.className == parsedClass.manifest.name }
        }
        var subject = Doctor.Subject(
            parsedClass: parsedClass, namespace: namespace ?? parsedClass.namespace,
            serviceAccount: serviceAccount ?? user?.template.serviceAccount ?? "default")
        subject.findings = check.findings()
        subject.accounts = check.accounts
        subject.tokenAudiences = check.tokenAudiences
        return (subject, serviceAccount == nil && user == nil)
    }

    /// Returns the audience of the token for the identity mode of the class.
    func audience(for subject: Doctor.Subject) -> String {
        guard case .success(let attributes) = subject.parsedClass.validated(),
            attributes.identity.mode == .azureTokenProxy
        else { return ServiceAccountTokens.workloadIdentityAudience }
        return ServiceAccountTokens.identityBindingAudience
    }

    /// Returns the service account that a token names as its subject.
    private static func serviceAccount(of token: SecretBytes) -> (namespace: String, name: String)? {
        let parts = (TokenClaims(parsing: token)?.subject ?? "").split(separator: ":").map(String.init)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" else { return nil }
        return (parts[2], parts[3])
    }

    private func choose(among classes: [ClassManifest]) throws -> ClassManifest {
        let candidates = classes.filter { className == nil || $0.manifest.name == className }
        guard let first = candidates.first else {
            throw CommandError(
                "these files do not contain a SecretProviderClass \(className ?? "for the provider azure")")
        }
        guard candidates.count == 1 else {
            let names = candidates.map(\.manifest.name).joined(separator: ", ")
            throw ValidationError("there are several SecretProviderClasses (\(names)); choose one with --class")
        }
        return first
    }

    private func settings() throws -> Doctor.Settings {
        let environment = ProcessInfo.processInfo.environment
        let proxy = try ProxySettings(environment: environment)
        let transport = NetworkTransport(
            configuration: NetworkTransport.Configuration(
                trustRoots: TrustRoots(environment: environment), proxy: proxy, userAgent: "akv-csi/\(Build.version)"))
        var settings = Doctor.Settings(transport: transport, proxy: proxy)
        settings.timeout = timeout.value
        settings.provider = endpoint.flatMap(Endpoint.init)
        settings.cloudName = cloudName
        settings.tokens = tokenServices
        if let service = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"], !service.isEmpty {
            settings.tokens.metadataService = service.droppingTrailingSlashes()
        }
        settings.tokens.tokenProxy.takePort(from: environment)
        let files = CloudEnvironmentFiles(defaultPath: environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "")
        settings.cloudFile = { files.read($0) }
        return settings
    }

    /// The addresses of the token services of the node and the cluster.
    private var tokenServices: AccessTokenSource.Settings {
        var settings = AccessTokenSource.Settings()
        if let nmiEndpoint { settings.nodeManagedIdentity = nmiEndpoint.droppingTrailingSlashes() }
        if let tokenProxyURL { settings.tokenProxy.url = tokenProxyURL }
        if let sniName { settings.tokenProxy.serverName = sniName }
        if let tokenProxyAuthorityFile { settings.tokenProxy.authorityFile = tokenProxyAuthorityFile }
        return settings
    }
}
