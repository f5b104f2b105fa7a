internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import Diagnostics
internal import Logging
internal import ProviderCore
internal import ProviderTransport

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a class cannot be mounted: token, issuer, Entra, vault, hop by hop.",
        discussion: """
            Goes a mount's way from here, with the pod's own token, and reads only. It ends with one verdict
            and the command that puts it right. Neither a token nor a value is ever shown. Run it where the
            provider runs, or where the network is the same:

              kubectl create token payments-api -n team-payments --audience api://AzureADTokenExchange > token
              akv-csi doctor --token-file token payments.yaml

            HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and AZURE_ENVIRONMENT_FILEPATH count as for serve.
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

    @Option(help: "A file with the service account's token.", completion: .file())
    var tokenFile: String?

    @Option(help: "An API server, or an emulator's controls, to ask for the token instead.")
    var tokenServer: String?

    @Option(
        help: "A file with nodePublishSecretRef's data as a JSON object of texts: clientid, clientsecret.",
        completion: .file())
    var credentialsFile: String?

    @Option(help: "The pod's namespace; the manifest's by default.")
    var namespace: String?

    @Option(help: "The pod's service account; the manifest's by default.")
    var serviceAccount: String?

    @Option(help: "The provider's socket, to be asked for its version and health too.")
    var endpoint: String?

    @Option(help: "How long each hop may take.")
    var timeout = DurationArgument(seconds: 15)

    @Option(name: .shortAndLong, help: "How to write the report.")
    var output = Format.text

    func run() async throws {
        var inputs: [ManifestFile] = []
        for path in files {
            do throws(ManifestFiles.Failure) { inputs += try ManifestFiles.read(path) } catch {
                throw Fatal("\(error)")
            }
        }
        let check = ManifestCheck(inputs)
        let findings = check.findings()
        let reading = try choose(among: check.classes)
        let user = check.workloads.first { workload in
            workload.namespace == reading.namespace
                && workload.volumes.contains { $0.className == reading.manifest.name }
        }
        var patient = Doctor.Patient(
            reading: reading, namespace: namespace ?? reading.namespace,
            serviceAccount: serviceAccount ?? user?.template.serviceAccount ?? "default")
        patient.findings = findings
        var settings = try settings()
        settings.timeout = timeout.value
        if let endpoint {
            guard let parsed = Endpoint(endpoint) else { throw ValidationError("invalid endpoint: \(endpoint)") }
            settings.provider = parsed
        }
        patient.token = try await token(of: patient, over: settings.transport)
        if let credentialsFile {
            guard let data = FileManager.default.contents(atPath: credentialsFile) else {
                throw Fatal("the file \(credentialsFile) cannot be read")
            }
            patient.secrets = SecretBytes(Array(data))
        }
        let report = await Doctor(settings).examine(patient)
        switch output {
        case .text: print(report.text(.terminal), terminator: "")
        case .json: print(report.json.document, terminator: "")
        }
        if report.cause != nil { throw ExitCode(1) }
    }

    private func choose(among classes: [ClassReading]) throws -> ClassReading {
        let candidates = classes.filter { className == nil || $0.manifest.name == className }
        guard let first = candidates.first else {
            throw Fatal("there is no SecretProviderClass \(className ?? "for the provider azure") in these files")
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
        let transport = AsyncHTTPTransport(
            configuration: AsyncHTTPTransport.Configuration(
                trustRoots: TrustRoots(environment: environment), proxy: proxy, userAgent: "akv-csi/\(Build.version)"),
            logger: Logger(label: "akv-csi", factory: { _ in SwiftLogNoOpLogHandler() }))
        var settings = Doctor.Settings(transport: transport, proxy: proxy)
        if let service = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"], !service.isEmpty {
            settings.tokens.metadataService = service.droppingTrailingSlashes()
        }
        settings.tokens.tokenProxy.takePort(from: environment)
        let files = CloudFiles(standard: environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "")
        settings.cloudFile = { files.read($0) }
        return settings
    }

    /// Whom the token is for, by the class's way to an identity.
    private func audience(for patient: Doctor.Patient) -> String {
        guard case .success(let attributes) = patient.reading.validated(),
            attributes.identity.mode == .azureTokenProxy
        else { return ServiceAccountTokens.workloadIdentityAudience }
        return ServiceAccountTokens.identityBindingAudience
    }

    private func token(of patient: Doctor.Patient, over transport: any HTTPTransport) async throws -> SecretBytes? {
        if let tokenFile {
            guard let data = FileManager.default.contents(atPath: tokenFile) else {
                throw Fatal("the token file \(tokenFile) cannot be read")
            }
            return SecretBytes(String(decoding: data, as: UTF8.self).trimmingSpace())
        }
        guard let tokenServer else { return nil }
        return try await TokenRequestClient(server: tokenServer, transport: transport).token(
            namespace: patient.namespace, serviceAccount: patient.serviceAccount,
            audience: audience(for: patient)
        ).secret
    }
}
