package import Azure
internal import Budgets
internal import Documents
package import ProviderCore
package import ProviderTransport
package import SecretMemory

/// Finds out why a class cannot be mounted, by checking each step of a mount. It only reads, and its report never
/// contains a token or a value.
package struct Doctor: Sendable {
    /// The settings for network access.
    package struct Settings: Sendable {
        package var transport: any HTTPTransport
        package var proxy: ProxySettings
        package var tokens = AccessTokenSource.Settings()
        package var time = TimeSource.system
        /// The timeout of each network step.
        package var timeout = Duration.seconds(15)
        /// The provider's socket, if the provider is checked too.
        package var provider: Endpoint?
        /// The name of the cloud for classes that do not name one.
        package var cloudName = "AzurePublicCloud"
        package var cloudFile: @Sendable (String?) -> AzureCloud.EnvironmentFile? = { _ in nil }

        package init(transport: any HTTPTransport, proxy: ProxySettings) {
            self.transport = transport
            self.proxy = proxy
        }

        var deadline: Deadline { time.deadline(after: timeout) }
    }

    /// The class to examine, and the pod that mounts it.
    package struct Subject: Sendable {
        package var parsedClass: ClassManifest
        package var namespace: String
        package var serviceAccount: String
        package var pod = "doctor"
        /// The service account token.
        package var token: SecretBytes?
        /// The JSON of nodePublishSecretRef's data, as the driver would send it.
        package var secrets = SecretBytes("null")
        /// The findings of a check of the manifests.
        package var findings: [Finding] = []
        /// The annotations of the ServiceAccounts in the manifests, even if the provider does not use them.
        package var accounts: AnnotatedAccounts?
        /// The audiences of the CSIDriver in the manifests; nil if they do not contain it.
        package var tokenAudiences: [String]?

        package init(parsedClass: ClassManifest, namespace: String, serviceAccount: String) {
            self.parsedClass = parsedClass
            self.namespace = namespace
            self.serviceAccount = serviceAccount
        }
    }

    private var settings: Settings

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
                        "identity", "Identity", .failed, parts.map(\.sentence).joined(separator: "; "),
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
        let located: MountConfiguration
        switch subject.parsedClass.validated(
            serviceAccount: subject.serviceAccount, bringsCredential: !subject.secrets.isNull, in: environment(now: 0))
        {
        case .success(let configuration): located = configuration
        case .failure(let error): return DoctorReport(subject, steps + [Self.request(error)])
        }
        let annotations = subject.accounts?[account]
        let reach = await ReachSteps(settings: settings, annotations: annotations).reach(MountPlan(located).sources)
        steps += reach.steps
        let usesToken = mode == .workloadIdentity || mode == .azureTokenProxy
        let inspection = usesToken ? subject.token.flatMap(TokenInspection.init) : nil
        let clock = ClockStep(now: settings.time.wallClock(), dates: reach.dates, issued: inspection?.issued)
        steps += clock.step().map { [$0] } ?? []
        var doctor = self
        doctor.settings.time = settings.time.corrected(by: clock.skew)
        if usesToken {
            let tokenSteps = TokenSteps(
                token: subject.token, mode: mode, namespace: subject.namespace, serviceAccount: subject.serviceAccount,
                driverAudiences: subject.tokenAudiences, now: doctor.settings.time.wallClock(),
                isClockKnown: !reach.dates.isEmpty || clock.skew != 0
            ).steps()
            steps += tokenSteps
            if mode == .workloadIdentity, let inspection, let issuer = inspection.claims.issuer {
                steps += await IssuerSteps(settings: settings, issuer: issuer, keyID: inspection.keyID).steps()
            }
        }
        steps += await doctor.mount(subject, reach, annotations, after: steps)
        return DoctorReport(subject, steps)
    }

    /// Runs the steps that need the token or the credential.
    private func mount(
        _ subject: Subject, _ reach: ReachSteps.Reach, _ annotations: AnnotatedIdentity?, after earlier: [DoctorStep]
    ) async -> [DoctorStep] {
        let attributes: MountConfiguration
        do throws(ProviderError) {
            attributes = try validated(subject)
        } catch {
            // Mistakes in the token or the manifests have their own steps.
            let isExplained = earlier.contains { $0.status == .failed && [.manifests, .token].contains($0.rank) }
            return isExplained ? [] : [Self.request(error)]
        }
        var steps: [DoctorStep] = []
        var exchanged: [Principal: AccessToken?] = [:]
        var tokens: [AccessToken?] = []
        for source in MountPlan(attributes).sources {
            let known = exchanged[source.principal]
            if known == nil, reach.isUsable(source.authentication) {
                let (step, token) = await EntraSteps(
                    settings: settings, authentication: source.authentication, annotations: annotations
                ).exchange()
                steps.append(step)
                exchanged[source.principal] = .some(token)
            }
            tokens.append(reach.isUsable(source.vault) ? exchanged[source.principal] ?? nil : nil)
        }
        return steps
            + (await ObjectSteps(
                settings: settings, attributes: attributes, tokens: tokens, secrets: subject.parsedClass.secretObjects,
                annotations: annotations
            ).steps())
    }

    private static func request(_ error: ProviderError) -> DoctorStep {
        DoctorStep("request", "Request", .failed, error.sentence, evidence: error.context, fix: error.hint)
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

    /// Validates the request that the driver would send, with the real token.
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
                environment(now: settings.time.wallClock()))
        }
    }

    private func environment(now: Int) -> MountConfiguration.Environment {
        MountConfiguration.Environment(
            defaultCloudName: settings.cloudName, environmentFile: settings.cloudFile, now: now)
    }
}

extension TimeSource {
    /// Returns the same time source with a clock that is corrected by `skew` seconds.
    fileprivate func corrected(by skew: Int) -> TimeSource {
        var corrected = self
        let wallClock = wallClock
        corrected.wallClock = { wallClock() - skew }
        return corrected
    }
}

extension SecretBytes {
    fileprivate var isNull: Bool { withExposed { $0.elementsEqual("null".utf8) } }
}
