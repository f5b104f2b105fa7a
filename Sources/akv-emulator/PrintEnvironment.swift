import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

struct PrintEnvironment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print-env",
        abstract: "Print the variables that lead the Azure SDKs and the provider to the emulator.",
        discussion: """
            For a shell: eval "$(akv-emulator print-env)", or with --identity NAME so that the SDKs'
            DefaultAzureCredential is that identity, by a token of the built-in cluster.
            """)

    @OptionGroup var running: Running

    @Option(help: "Whom the SDKs shall be: an identity with a federated credential for the built-in cluster.")
    var identity: String?

    func run() async throws {
        print(try await Self.variables(of: running.directory, identity: identity), terminator: "")
    }

    /// As a shell reads them.
    static func variables(of path: String, identity: String?) async throws -> String {
        let directory = EmulatorDirectory(path: path)
        let endpoints = try directory.endpoints()
        let text = directory.environment(endpoints)
        guard let identity else { return text }
        return try await text + variables(of: identity, issuer: endpoints.clusterIssuer, directory)
    }

    /// What a pod's workload identity has; the token goes into the emulator's directory.
    private static func variables(
        of name: String, issuer: String, _ directory: EmulatorDirectory
    ) async throws -> String {
        let answer = try await control(.GET, "/identities", in: directory.path)
        let identities = try JSONDecoder().decode([ShownIdentity].self, from: answer)
        guard let identity = identities.first(where: { $0.name == name }) else {
            let known = identities.map(\.name).joined(separator: ", ")
            throw Complaint("there is no identity \(name); there are \(known)")
        }
        let subject = identity.federatedCredentials.lazy.filter { $0.issuer == issuer }.compactMap { credential in
            let parts = credential.subject.split(separator: ":").map(String.init)
            return parts.count == 4 && parts[1] == "serviceaccount"
                ? (namespace: parts[2], name: parts[3], audience: credential.audience) : nil
        }.first
        guard let subject else {
            throw Complaint("\(name) has no federated credential for a service account of the built-in cluster")
        }
        let token = try await serviceAccountToken(
            subject.name, namespace: subject.namespace, audience: subject.audience, lifetime: 86_400,
            in: directory.path)
        let file = try directory.writeToken(token, of: name)
        return """
            export AZURE_TENANT_ID=\(shellQuoted(identity.tenantID))
            export AZURE_CLIENT_ID=\(shellQuoted(identity.clientID))
            export AZURE_FEDERATED_TOKEN_FILE=\(shellQuoted(file))

            """
    }
}
