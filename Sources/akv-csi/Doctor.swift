internal import ArgumentParser
internal import Azure
internal import Diagnostics
internal import Glibc
internal import Kubernetes
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

    @Argument(
        help: "Files or directories with the SecretProviderClass and what belongs to it; - for standard input.",
        completion: .file())
    var files: [String]

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

    @OptionGroup var options: DoctorOptions

    func validate() throws {
        guard ([tokenFile, credentialsFile].compactMap { $0 } + files).count(where: { $0 == "-" }) < 2 else {
            throw ValidationError("only one of the files can be standard input")
        }
    }

    func run() async throws {
        try await options.write {
            let files = try ManifestFiles.all(files)
            return try await options.report(
                of: files, credentials: try credentialsFile.map { try FileBytes.credentials($0, allowsInput: true) },
                token: token)
        }
    }

    private func token(of subject: Doctor.Subject, over transport: any HTTPTransport) async throws -> SecretBytes? {
        if let tokenFile { return try FileBytes.token(tokenFile, allowsInput: true) }
        guard let tokenServer else { return nil }
        return try await TokenRequestClient(server: tokenServer, transport: transport).token(
            namespace: subject.namespace, serviceAccount: subject.serviceAccount,
            audience: options.audience(for: subject)
        ).secret
    }
}

/// Runs the doctor for `kubectl akv doctor --in-node`, with all input from standard input.
struct DoctorBundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Run the doctor for kubectl akv doctor --in-node.")

    static let name = "doctor-bundle"

    private static let maximumBytes = 64 << 20

    @OptionGroup var options: DoctorOptions

    func run() async throws {
        try await options.write {
            let bytes: [UInt8]
            do throws(FileBytesError) { bytes = try FileBytes.read(STDIN_FILENO, limit: Self.maximumBytes) } catch {
                throw CommandError("standard input cannot be read: \(error.reason)")
            }
            guard let bundle = DoctorBundle(SecretBytes(bytes)) else {
                throw CommandError("standard input is not what kubectl akv doctor sends")
            }
            return try await options.report(of: bundle.files, credentials: bundle.credentials) { _, _ in bundle.token }
        }
    }
}
