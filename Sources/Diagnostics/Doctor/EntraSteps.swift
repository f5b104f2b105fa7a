internal import Azure
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The steps for Entra: the connection, its clock, the tenant, and the exchange.
struct EntraSteps {
    /// The information that Entra provides without a token.
    struct Reach {
        var steps: [DoctorStep] = []
        /// The time at Entra, in seconds since 1970.
        var date: Int?
        /// The tenant's ID, even if the class names the tenant by a domain.
        var tenant: String?
    }

    let settings: Doctor.Settings
    let authentication: AuthenticationContext
    /// The annotations of the pod's ServiceAccount.
    let annotations: AnnotatedIdentity?

    func reach() async -> Reach {
        let authority = authentication.cloud.authority.dropFirst("https://".count).prefix { $0 != "/" }
        let network = await NetworkSteps(
            settings: settings, prefix: "entra", service: "Entra", authority: String(authority),
            unresolvedFix:
                "let the cluster's DNS resolve public names: getent hosts \(authority.prefix { $0 != ":" })"
        ).steps()
        guard !network.contains(where: { $0.status == .failed }) else { return Reach(steps: network) }
        var reach = await tenant()
        reach.steps = network + reach.steps
        return reach
    }

    /// Requests the tenant's metadata, which shows whether the tenant exists and Entra's time.
    private func tenant() async -> Reach {
        guard authentication.tenantID.lowercased() != "adfs" else { return Reach() }
        let start = settings.time.elapsed()
        let url = "\(authentication.cloud.authority)/\(authentication.tenantID)/v2.0/.well-known/openid-configuration"
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await settings.transport.send(
                HTTPRequest(.get, url, headers: [("Accept", "application/json")], maximumResponseBytes: 1 << 20),
                timeout: settings.timeout)
        } catch {
            let step = DoctorStep(
                "entra-tenant", "Entra: tenant", .failed, "Entra cannot be asked: \(error.reason)",
                evidence: [("hop", error.hop.rawValue)],
                fix: error.hop == .tls ? NetworkSteps.trustFix : ErrorCode.unreachable.hint,
                duration: settings.time.elapsed() - start, rank: .network)
            return Reach(steps: [step])
        }
        let isThere = response.status == 200 && response.json?["token_endpoint"] != nil
        let text = response.json?["error_description"]?.text.map { ": \($0.clipped.printable)" } ?? ""
        let status: DoctorStep.Status = isThere ? .passed : (400..<500).contains(response.status) ? .failed : .warning
        let step = DoctorStep(
            "entra-tenant", "Entra: tenant", status,
            isThere
                ? authentication.tenantID
                : status == .failed
                    ? "tenant \(authentication.tenantID.clipped) does not exist in this cloud (\(response.status)\(text))"
                    : "Entra answers \(response.status) without its metadata",
            fix: isThere ? "" : missingTenantFix, duration: settings.time.elapsed() - start)
        let issuer = response.json?["issuer"]?.text ?? ""
        return Reach(
            steps: [step], date: response.header("Date").flatMap(HTTPDate.seconds),
            tenant: issuer.split(separator: "/").map(String.init).first(where: VaultSteps.isGUID))
    }

    private var missingTenantFix: String {
        let search = "az account show --query tenantId --output tsv; and check cloudName"
        guard let annotated = annotations?.tenantID, annotated.lowercased() != authentication.tenantID.lowercased()
        else { return search }
        return "set tenantID: \(annotated.clipped) in the SecretProviderClass, as the ServiceAccount's annotation "
            + "\(AnnotatedIdentity.tenantIDAnnotation) has it; or find it: \(search)"
    }

    func exchange() async -> (DoctorStep, AccessToken?) {
        let start = settings.time.elapsed()
        let source = AccessTokenSource(
            settings: settings.tokens, transport: settings.transport, keepsTokens: false, time: settings.time)
        let title = "Exchange"
        do throws(ProviderError) {
            let token = try await source.token(
                for: authentication, resource: authentication.cloud.vaultResource, priority: .firstMount,
                until: settings.deadline)
            return (
                DoctorStep(
                    "exchange", title, .passed,
                    "a token for \(authentication.cloud.vaultResource), valid for \(token.lifetime) s",
                    duration: settings.time.elapsed() - start), token
            )
        } catch {
            let (message, fix) = explanation(of: error)
            return (
                DoctorStep(
                    "exchange", title, .failed, message, evidence: error.context + [("answer", error.message)],
                    fix: fix,
                    duration: settings.time.elapsed() - start), nil
            )
        }
    }

    private func explanation(of error: ProviderError) -> (message: String, fix: String) {
        guard error.code == .exchangeRefused else { return (error.cause, error.hint) }
        if let mismatch = IdentityMismatch(authentication, annotations) {
            return ("\(error.cause); \(mismatch.remark)", mismatch.fix)
        }
        // Entra found the identity, but it does not have a credential with this issuer.
        if error.message.contains("AADSTS700211"),
            case .workloadIdentity(let clientID, let token) = authentication.identity,
            let claims = token.claims, let issuer = claims.issuer, let subject = claims.subject
        {
            return (
                error.cause,
                AzureCommand.updateFederatedCredential(
                    subject: subject.clipped, clientID: clientID.clipped, issuer: issuer.clipped)
            )
        }
        return (
            error.cause,
            error.hint.isEmpty ? "read Entra's explanation; akv-csi knows no fix for this number" : error.hint
        )
    }
}
