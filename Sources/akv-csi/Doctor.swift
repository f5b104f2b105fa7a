internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import Diagnostics
internal import Documents
internal import FoundationEssentials
internal import Kubernetes
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a class cannot be mounted: token, issuer, Entra ID, network and vault.",
        discussion: """
            Replays the mount step by step with the pod's own token, and only reads. It reports one root cause and \
            the command that fixes it, and never shows a token or a value. Run it where the provider runs, or where \
            the network is the same:

              kubectl create token payments-api -n team-payments \\
                --audience api://AzureADTokenExchange > token
              akv-csi doctor --token-file token payments.yaml

            HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and AZURE_ENVIRONMENT_FILEPATH have the same effect \
            as for serve. Set the options that serve has too as they are set for the provider.

            Exit code: 0 when the mount works, 1 when it does not, 2 for a mistake in the command.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(
        help: "Files or directories with the SecretProviderClass and what belongs to it; - for standard input.",
        completion: .file())
    var files: [String]

    @Option(name: .customLong("class"), help: "Which SecretProviderClass, if there are several.")
    var className: String?

    @Option(help: "A file with the service account's token; - for standard input.", completion: .file())
    var tokenFile: String?

    @Option(help: "An API server, or an emulator's controls, to ask for the token instead.")
    var tokenServer: String?

    @Option(
        help: """
            A file with nodePublishSecretRef's data as a JSON object of texts: clientid, clientsecret; - for standard \
            input.
            """,
        completion: .file())
    var credentialsFile: String?

    @Option(help: "The pod's namespace; the manifest's by default.")
    var namespace: String?

    @Option(help: "The pod's service account; the manifest's by default, else the token's own.")
    var serviceAccount: String?

    @Flag(help: "The provider runs with --service-account-annotations; give the ServiceAccount's file too.")
    var serviceAccountAnnotations = false

    @Option(help: "The provider's socket, to be asked for its version and health too.")
    var endpoint: String?

    @Option(help: "How long each hop may take.")
    var timeout = DurationArgument(seconds: 15)

    @Option(help: "As serve has it: the cloud of classes that name none.")
    var cloudName = "AzurePublicCloud"

    @Option(name: .customLong("token-proxy-url"), help: "As serve has it: the token proxy for AKS identity bindings.")
    var tokenProxyURL: String?

    @Option(help: "As serve has it: the token proxy's TLS server name.")
    var sniName: String?

    @Option(
        name: .customLong("token-proxy-ca-file"), help: "As serve has it: the authority of the token proxy.",
        completion: .file())
    var tokenProxyAuthorityFile: String?

    @Option(help: "As serve has it: where aad-pod-identity's node agent listens.")
    var nmiEndpoint: String?

    @Option(name: .shortAndLong, help: "How to write the report.")
    var output = Format.text

    func validate() throws {
        if let endpoint, Endpoint(endpoint) == nil { throw ValidationError("invalid endpoint: \(endpoint)") }
        guard ([tokenFile, credentialsFile].compactMap { $0 } + files).count(where: { $0 == "-" }) < 2 else {
            throw ValidationError("only one of the files can be standard input")
        }
        guard timeout.value > .zero else { throw ValidationError("the timeout must be longer than nothing") }
        if let problem = tokenServices.tokenProxy.urlProblem {
            throw ValidationError("invalid token-proxy-url: \(problem)")
        }
    }

    func run() async throws {
        let report: DoctorReport
        do {
            report = try await run()
        } catch let error where !(error is ValidationError) {
            // Who reads JSON reads it of this too.
            if output == .json { try StandardOutput.write(DoctorReport.json(failure: "\(error)").document) }
            throw error
        }
        switch output {
        case .text: try StandardOutput.write(report.text(.terminal))
        case .json: try StandardOutput.write(report.json.document)
        }
        if report.cause != nil { throw ExitCode(1) }
    }

    private func run() async throws -> DoctorReport {
        let check = ManifestCheck(try ManifestFiles.all(files), readsAnnotations: serviceAccountAnnotations)
        let findings = check.findings()
        let parsedClass = try choose(among: check.classes)
        let user = check.workloads.first { workload in
            workload.namespace == parsedClass.namespace
                && workload.volumes.contains { $0.className == parsedClass.manifest.name }
        }
        var subject = Doctor.Subject(
            parsedClass: parsedClass, namespace: namespace ?? parsedClass.namespace,
            serviceAccount: serviceAccount ?? user?.template.serviceAccount ?? "default")
        let isAssumed = serviceAccount == nil && user == nil
        subject.findings = findings
        subject.accounts = check.accounts
        subject.tokenAudiences = check.tokenAudiences
        var settings = try settings()
        settings.timeout = timeout.value
        settings.provider = endpoint.flatMap(Endpoint.init)
        subject.token = try await token(of: subject, over: settings.transport)
        // With nothing else to go by, the token is of the account that is meant.
        if isAssumed, let account = subject.token.flatMap(Self.serviceAccount(of:)),
            account.namespace == subject.namespace
        {
            subject.serviceAccount = account.name
        }
        if let credentialsFile {
            subject.secrets = try FileBytes.credentials(credentialsFile, allowsInput: true)
        }
        return await Doctor(settings).run(subject)
    }

    /// Whom a token is of, as it says itself.
    private static func serviceAccount(of token: SecretBytes) -> (namespace: String, name: String)? {
        let parts = (TokenClaims(parsing: token)?.subject ?? "").split(separator: ":").map(String.init)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" else { return nil }
        return (parts[2], parts[3])
    }

    private func choose(among classes: [ClassManifest]) throws -> ClassManifest {
        let candidates = classes.filter { className == nil || $0.manifest.name == className }
        guard let first = candidates.first else {
            throw CommandError(
                "there is no SecretProviderClass \(className ?? "for the provider azure") in these files")
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

    /// Whom the token is for, by the class's way to an identity.
    private func audience(for subject: Doctor.Subject) -> String {
        guard case .success(let attributes) = subject.parsedClass.validated(),
            attributes.identity.mode == .azureTokenProxy
        else { return ServiceAccountTokens.workloadIdentityAudience }
        return ServiceAccountTokens.identityBindingAudience
    }

    /// Where the node's and the cluster's token services are.
    private var tokenServices: AccessTokenSource.Settings {
        var settings = AccessTokenSource.Settings()
        if let nmiEndpoint { settings.nodeManagedIdentity = nmiEndpoint.droppingTrailingSlashes() }
        if let tokenProxyURL { settings.tokenProxy.url = tokenProxyURL }
        if let sniName { settings.tokenProxy.serverName = sniName }
        if let tokenProxyAuthorityFile { settings.tokenProxy.authorityFile = tokenProxyAuthorityFile }
        return settings
    }

    private func token(of subject: Doctor.Subject, over transport: any HTTPTransport) async throws -> SecretBytes? {
        if let tokenFile {
            return try FileBytes.token(tokenFile, allowsInput: true)
        }
        guard let tokenServer else { return nil }
        return try await TokenRequestClient(server: tokenServer, transport: transport).token(
            namespace: subject.namespace, serviceAccount: subject.serviceAccount,
            audience: audience(for: subject)
        ).secret
    }
}
