package import Azure
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
    package struct Patient: Sendable {
        package var reading: ClassManifest
        package var namespace: String
        package var serviceAccount: String
        package var pod = "doctor"
        /// The service account's token.
        package var token: SecretBytes?
        /// The JSON of nodePublishSecretRef's data, as the driver would send it.
        package var secrets = SecretBytes("null")
        /// What a check of the manifests has found.
        package var findings: [Finding] = []

        package init(reading: ClassManifest, namespace: String, serviceAccount: String) {
            self.reading = reading
            self.namespace = namespace
            self.serviceAccount = serviceAccount
        }
    }

    private let settings: Settings

    package init(_ settings: Settings) {
        self.settings = settings
    }

    package func examine(_ patient: Patient) async -> DoctorReport {
        var steps = [manifests(patient)]
        if let endpoint = settings.provider {
            steps += await ProviderSteps(endpoint: endpoint, timeout: settings.timeout).steps()
        }
        let assumed: MountConfiguration
        switch patient.reading.validated(
            serviceAccount: patient.serviceAccount, bringsCredential: !patient.secrets.isNull)
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
            return DoctorReport(patient, steps)
        }
        let account = ServiceAccountReference(namespace: patient.namespace, name: patient.serviceAccount)
        if assumed.clientSourceAccount != nil, patient.reading.accounts?[account] == nil {
            steps.append(Self.withoutAccount(account))
            return DoctorReport(patient, steps)
        }
        let mode = assumed.identity.mode
        steps.append(
            DoctorStep(
                "identity", "Identity", .passed, mode.explanation(assumed.clientSourceAccount),
                evidence: assumed.identity.clientID.isEmpty || mode == .servicePrincipal
                    ? [] : [("client id", assumed.identity.clientID.clipped)]))
        if mode == .workloadIdentity || mode == .azureTokenProxy {
            let tokenSteps = TokenSteps(
                token: patient.token, mode: mode, namespace: patient.namespace, serviceAccount: patient.serviceAccount,
                now: settings.time.wallClock()
            ).steps()
            steps += tokenSteps
            if mode == .workloadIdentity, let inspection = patient.token.flatMap(TokenInspection.init),
                let issuer = inspection.claims.issuer
            {
                steps += await IssuerSteps(settings: settings, issuer: issuer, keyID: inspection.keyID).steps()
            }
        }
        let attributes: MountConfiguration
        do throws(ProviderError) {
            attributes = try validated(patient)
        } catch {
            if !steps.contains(where: { $0.status == .failed }) {
                steps.append(
                    DoctorStep("request", "Request", .failed, error.message, evidence: error.context, fix: error.hint))
            }
            return DoctorReport(patient, steps)
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
            settings: settings, attributes: attributes, tokens: tokens, secrets: patient.reading.secretObjects
        ).steps()
        return DoctorReport(patient, steps)
    }

    private static func withoutAccount(_ account: ServiceAccountReference) -> DoctorStep {
        DoctorStep(
            "identity", "Identity", .failed,
            "the class names no clientID, and no file holds the ServiceAccount \(account.path) that would",
            fix: "give its file too: kubectl get serviceaccount \(account.name) -n \(account.namespace) -o yaml")
    }

    private func manifests(_ patient: Patient) -> DoctorStep {
        let errors = patient.findings.filter { $0.severity == .error }
        guard let first = errors.first else {
            let warnings = patient.findings.filter { $0.severity == .warning }
            return DoctorStep(
                "manifests", "Manifests", warnings.isEmpty ? .passed : .warning,
                warnings.first.map { "\($0.path):\($0.position.line): \($0.message) [\($0.rule)]" }
                    ?? patient.reading.manifest.subject, fix: warnings.first?.fix ?? "")
        }
        let rest = errors.count > 1 ? "; \(errors.count - 1) more, see akv-csi check" : ""
        return DoctorStep(
            "manifests", "Manifests", .failed,
            "\(first.path):\(first.position.line): \(first.message) [\(first.rule)]\(rest)", fix: first.fix)
    }

    /// The request as the driver would make it, with the real token.
    private func validated(_ patient: Patient) throws(ProviderError) -> MountConfiguration {
        var members = patient.reading.parameterTexts
        members["csi.storage.k8s.io/pod.name"] = patient.pod
        members["csi.storage.k8s.io/pod.namespace"] = patient.namespace
        members["csi.storage.k8s.io/serviceAccount.name"] = patient.serviceAccount
        members["secretProviderClass"] = patient.reading.manifest.name
        if let token = patient.token {
            let text = token.withExposed { String(decoding: $0, as: UTF8.self) }
            let audiences = TokenInspection(token)?.claims.audiences ?? []
            let entries = audiences.map {
                "\(JSONWriter.quoted($0)):{\"token\":\(JSONWriter.quoted(text)),\"expirationTimestamp\":\"9999-01-01T00:00:00Z\"}"
            }
            members[ServiceAccountTokens.attribute] = "{\(entries.joined(separator: ","))}"
        }
        let json = members.map { "\(JSONWriter.quoted($0.key)):\(JSONWriter.quoted($0.value))" }.joined(separator: ",")
        let request = try MountRequest(
            attributes: SecretBytes("{\(json)}"), secrets: patient.secrets, permission: "420", targetPath: "")
        return try MountConfiguration(
            validating: patient.reading.identified(request),
            MountConfiguration.Environment(
                defaultCloudName: settings.cloudName, environmentFile: settings.cloudFile,
                now: settings.time.wallClock()))
    }
}

extension SecretBytes {
    fileprivate var isNull: Bool { withExposed { $0.elementsEqual("null".utf8) } }
}
