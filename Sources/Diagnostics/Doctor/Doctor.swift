package import Azure
internal import Budgets
internal import Documents
package import ProviderCore
package import ProviderTransport
package import SecretMemory

/// Finds out why a class cannot be mounted, by going the mount's way step by step. It reads only, and
/// tells of no token and no value.
package struct Doctor: Sendable {
    /// How the network is reached.
    package struct Settings: Sendable {
        package var transport: any HTTPTransport
        package var proxy: ProxySettings
        package var tokens = AccessTokenSource.Settings()
        package var time = TimeSource.system
        /// For each hop.
        package var timeout = Duration.seconds(15)
        /// The provider's socket, if it is to be asked too.
        package var provider: Endpoint?
        /// Of classes that name none.
        package var cloudName = "AzurePublicCloud"
        package var cloudFile: @Sendable (String?) -> AzureCloud.EnvironmentFile? = { _ in nil }

        package init(transport: any HTTPTransport, proxy: ProxySettings) {
            self.transport = transport
            self.proxy = proxy
        }

        var deadline: Deadline { time.deadline(after: timeout) }
    }

    /// What is to be mounted, and for whom.
    package struct Subject: Sendable {
        package var parsedClass: ClassManifest
        package var namespace: String
        package var serviceAccount: String
        package var pod = "doctor"
        /// The service account's token.
        package var token: SecretBytes?
        /// The JSON of nodePublishSecretRef's data, as the driver would send it.
        package var secrets = SecretBytes("null")
        /// What a check of the manifests has found.
        package var findings: [Finding] = []

        package init(parsedClass: ClassManifest, namespace: String, serviceAccount: String) {
            self.parsedClass = parsedClass
            self.namespace = namespace
            self.serviceAccount = serviceAccount
        }
    }

    private let settings: Settings

    package init(_ settings: Settings) {
        self.settings = settings
    }

    package func run(_ subject: Subject) async -> DoctorReport {
        var steps = [manifests(subject)]
        if let endpoint = settings.provider {
            steps += await ProviderSteps(endpoint: endpoint, timeout: settings.timeout).steps()
        }
        let assumed: MountConfiguration
        switch subject.parsedClass.validated(
            serviceAccount: subject.serviceAccount, bringsCredential: !subject.secrets.isNull)
        {
        case .success(let attributes): assumed = attributes
        case .failure(let error):
            let parts = error.parts.isEmpty ? [error] : error.parts
            if parts.allSatisfy(\.isAboutAnnotation) {
                steps.append(
                    DoctorStep(
                        "identity", "Identity", .failed, parts.map(\.message).joined(separator: "; "),
                        fix: parts.map(\.hint).joined(separator: "; ")))
            }
            return DoctorReport(subject, steps)
        }
        let account = ServiceAccountReference(namespace: subject.namespace, name: subject.serviceAccount)
        if assumed.clientSourceAccount != nil, subject.parsedClass.accounts?[account] == nil {
            steps.append(Self.withoutAccount(account))
            return DoctorReport(subject, steps)
        }
        let mode = assumed.identity.mode
        steps.append(
            DoctorStep(
                "identity", "Identity", .passed, mode.explanation(assumed.clientSourceAccount),
                evidence: assumed.identity.clientID.isEmpty || mode == .servicePrincipal
                    ? [] : [("client id", assumed.identity.clientID.clipped)]))
        if mode == .workloadIdentity || mode == .azureTokenProxy {
            let tokenSteps = TokenSteps(
                token: subject.token, mode: mode, namespace: subject.namespace, serviceAccount: subject.serviceAccount,
                now: settings.time.wallClock()
            ).steps()
            steps += tokenSteps
            if mode == .workloadIdentity, let inspection = subject.token.flatMap(TokenInspection.init),
                let issuer = inspection.claims.issuer
            {
                steps += await IssuerSteps(settings: settings, issuer: issuer, keyID: inspection.keyID).steps()
            }
        }
        let attributes: MountConfiguration
        do throws(ProviderError) {
            attributes = try validated(subject)
        } catch {
            if !steps.contains(where: { $0.status == .failed }) {
                steps.append(
                    DoctorStep("request", "Request", .failed, error.message, evidence: error.context, fix: error.hint))
            }
            return DoctorReport(subject, steps)
        }
        var exchanged: [Principal: AccessToken?] = [:]
        var tokens: [AccessToken?] = []
        for source in MountPlan(attributes).sources {
            let known = exchanged[source.principal]
            if known == nil {
                let (entra, token) = await EntraSteps(settings: settings, authentication: source.authentication).steps()
                steps += entra
                exchanged[source.principal] = .some(token)
            }
            let vault = await VaultSteps(
                settings: settings, tenantID: source.authentication.tenantID, vault: source.vault
            ).steps()
            steps += vault
            let isReachable = !vault.contains { $0.status == .failed }
            tokens.append(isReachable ? exchanged[source.principal] ?? nil : nil)
        }
        steps += await ObjectSteps(
            settings: settings, attributes: attributes, tokens: tokens, secrets: subject.parsedClass.secretObjects
        ).steps()
        return DoctorReport(subject, steps)
    }

    private static func withoutAccount(_ account: ServiceAccountReference) -> DoctorStep {
        DoctorStep(
            "identity", "Identity", .failed,
            "the class names no clientID, and no file holds the ServiceAccount \(account.path) that would",
            fix: "give its file too: kubectl get serviceaccount \(account.name) -n \(account.namespace) -o yaml")
    }

    private func manifests(_ subject: Subject) -> DoctorStep {
        let errors = subject.findings.filter { $0.severity == .error }
        guard let first = errors.first else {
            let warnings = subject.findings.filter { $0.severity == .warning }
            return DoctorStep(
                "manifests", "Manifests", warnings.isEmpty ? .passed : .warning,
                warnings.first.map { "\($0.path):\($0.position.line): \($0.message) [\($0.rule)]" }
                    ?? subject.parsedClass.manifest.subject, fix: warnings.first?.fix ?? "")
        }
        let rest = errors.count > 1 ? "; \(errors.count - 1) more, see akv-csi check" : ""
        return DoctorStep(
            "manifests", "Manifests", .failed,
            "\(first.path):\(first.position.line): \(first.message) [\(first.rule)]\(rest)", fix: first.fix)
    }

    /// The request as the driver would make it, with the real token.
    private func validated(_ subject: Subject) throws(ProviderError) -> MountConfiguration {
        var members = subject.parsedClass.parameterTexts
        members["csi.storage.k8s.io/pod.name"] = subject.pod
        members["csi.storage.k8s.io/pod.namespace"] = subject.namespace
        members["csi.storage.k8s.io/serviceAccount.name"] = subject.serviceAccount
        members["secretProviderClass"] = subject.parsedClass.manifest.name
        if let token = subject.token {
            let text = token.withExposed { String(decoding: $0, as: UTF8.self) }
            let audiences = TokenInspection(token)?.claims.audiences ?? []
            members[ServiceAccountTokens.attribute] = ServiceAccountTokens.text(
                of: audiences.map { ($0, text, "9999-01-01T00:00:00Z") })
        }
        return try MountBudget.bounding { () throws(ProviderError) in
            let request = try MountRequest(
                attributes: SecretBytes(JSONOutput.texts(members).compact), secrets: subject.secrets, permission: "420",
                targetPath: "")
            return try MountConfiguration(
                validating: subject.parsedClass.identified(request),
                MountConfiguration.Environment(
                    defaultCloudName: settings.cloudName, environmentFile: settings.cloudFile,
                    now: settings.time.wallClock()))
        }
    }
}

extension SecretBytes {
    fileprivate var isNull: Bool { withExposed { $0.elementsEqual("null".utf8) } }
}
