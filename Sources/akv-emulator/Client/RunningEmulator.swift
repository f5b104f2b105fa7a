import AzureEmulator

/// A running emulator, from the view of its clients.
struct RunningEmulator {
    let directory: EmulatorDirectory
    private let controls: ControlsClient

    init(directory: EmulatorDirectory) {
        self.directory = directory
        controls = ControlsClient(directory: directory.path)
    }

    /// Throws a `CommandError` if no emulator answers in the directory. `timeout` is the time to wait for one.
    func check(timeout: Duration = .zero) async throws {
        let end = ContinuousClock.now.advanced(by: timeout)
        while true {
            do {
                try await controls.send(.get, "/calls")
                return
            } catch let error as CommandError {
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// The variables for clients. With `identity`, the SDKs' DefaultAzureCredential is that identity, like in a pod
    /// with workload identity; its token is written to the emulator's directory.
    func environment(identity name: String?) async throws -> ClientEnvironment {
        let endpoints = try directory.endpoints()
        var environment = directory.environment(endpoints)
        guard let name else { return environment }
        let identities = try await controls.get([IdentitySummary].self, "/identities")
        guard let identity = identities.first(where: { $0.name == name }) else {
            let known = identities.map(\.name).joined(separator: ", ")
            throw CommandError("the identity \(name) does not exist; the identities are \(known)")
        }
        let account = identity.federatedCredentials.lazy.filter { $0.issuer == endpoints.clusterIssuer }.compactMap {
            credential in
            let parts = credential.subject.split(separator: ":").map(String.init)
            return parts.count == 4 && parts[1] == "serviceaccount"
                ? (namespace: parts[2], name: parts[3], audience: credential.audience) : nil
        }.first
        guard let account else {
            throw CommandError(
                "\(name) has no federated credential for a service account of the built-in cluster. To fix: run "
                    + "akv-emulator federation add \(name) SERVICE-ACCOUNT")
        }
        let token = try await controls.serviceAccountToken(
            account.name, namespace: account.namespace, audience: account.audience, lifetime: 86_400)
        environment.set("AZURE_TENANT_ID", identity.tenantID)
        environment.set("AZURE_CLIENT_ID", identity.clientID)
        environment.set("AZURE_FEDERATED_TOKEN_FILE", try directory.writeToken(token, of: name))
        // The SDKs prefer these variables to the token.
        for name in [
            "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_USERNAME", "AZURE_PASSWORD",
            "AZURE_TOKEN_CREDENTIALS",
        ] {
            environment.set(name, nil)
        }
        return environment
    }
}
