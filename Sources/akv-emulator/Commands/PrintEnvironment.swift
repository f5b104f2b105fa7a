import ArgumentParser
import AzureEmulator

struct PrintEnvironment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print-env",
        abstract: "Print the shell variables with which the Azure SDKs and the provider reach the emulator.",
        discussion: """
            In a shell: eval "$(akv-emulator print-env)". With --identity NAME the DefaultAzureCredential of the \
            SDKs also becomes that identity, with a token of the built-in cluster.
            """)

    @OptionGroup var emulator: DirectoryOption

    @Option(help: "The identity for the SDKs. It needs a federated credential for the built-in cluster.")
    var identity: String?

    func run() async throws {
        print(try await Self.variables(directory: emulator.directory, identity: identity), terminator: "")
    }

    /// The variables as shell commands.
    static func variables(directory path: String, identity: String?) async throws -> String {
        let directory = EmulatorDirectory(path: path)
        let endpoints = try directory.endpoints()
        let text = directory.environment(endpoints)
        guard let identity else { return text }
        let controls = ControlsClient(directory: directory.path)
        return try await text + variables(of: identity, issuer: endpoints.clusterIssuer, directory, controls)
    }

    /// The variables of a pod with workload identity. The token is written to the emulator's directory.
    private static func variables(
        of name: String, issuer: String, _ directory: EmulatorDirectory, _ controls: ControlsClient
    ) async throws -> String {
        let identities = try await controls.get([IdentitySummary].self, "/identities")
        guard let identity = identities.first(where: { $0.name == name }) else {
            let known = identities.map(\.name).joined(separator: ", ")
            throw CommandError("there is no identity \(name); there are \(known)")
        }
        let account = identity.federatedCredentials.lazy.filter { $0.issuer == issuer }.compactMap { credential in
            let parts = credential.subject.split(separator: ":").map(String.init)
            return parts.count == 4 && parts[1] == "serviceaccount"
                ? (namespace: parts[2], name: parts[3], audience: credential.audience) : nil
        }.first
        guard let account else {
            throw CommandError("\(name) has no federated credential for a service account of the built-in cluster")
        }
        let token = try await controls.serviceAccountToken(
            account.name, namespace: account.namespace, audience: account.audience, lifetime: 86_400)
        let file = try directory.writeToken(token, of: name)
        return """
            export AZURE_TENANT_ID=\(EmulatorDirectory.shellQuoted(identity.tenantID))
            export AZURE_CLIENT_ID=\(EmulatorDirectory.shellQuoted(identity.clientID))
            export AZURE_FEDERATED_TOKEN_FILE=\(EmulatorDirectory.shellQuoted(file))

            """
    }
}
