internal import Azure
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Entra's side: the way there, its clock, the tenant, and the exchange itself.
struct EntraSteps {
    let settings: Doctor.Settings
    let authentication: AuthenticationContext

    func steps() async -> ([DoctorStep], AccessToken?) {
        var steps: [DoctorStep] = []
        switch authentication.identity.mode {
        case .workloadIdentity, .servicePrincipal:
            let authority = authentication.cloud.authority.dropFirst("https://".count).prefix { $0 != "/" }
            steps += await NetworkSteps(
                settings: settings, prefix: "entra", service: "Entra", authority: String(authority),
                unresolvedFix:
                    "let the cluster's DNS resolve public names: getent hosts \(authority.prefix { $0 != ":" })"
            ).steps()
            guard !steps.contains(where: { $0.status == .failed }) else { return (steps, nil) }
            steps += await tenant()
            guard !steps.contains(where: { $0.status == .failed }) else { return (steps, nil) }
        case .azureTokenProxy, .vmManagedIdentity, .podIdentity: break
        }
        let (step, token) = await exchange()
        return (steps + [step], token)
    }

    /// The tenant's own metadata: whether there is such a tenant, and what time it is there.
    private func tenant() async -> [DoctorStep] {
        guard authentication.tenantID.lowercased() != "adfs" else { return [] }
        let start = settings.time.elapsed()
        let url = "\(authentication.cloud.authority)/\(authentication.tenantID)/v2.0/.well-known/openid-configuration"
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await settings.transport.send(
                HTTPRequest(.get, url, headers: [("Accept", "application/json")], maximumResponseBytes: 1 << 20),
                timeout: settings.timeout)
        } catch {
            return [
                DoctorStep(
                    "entra-tenant", "Entra: tenant", .failed, "Entra cannot be asked: \(error.reason)",
                    evidence: [("hop", error.hop.rawValue)],
                    fix: error.hop == .tls
                        ? "let SSL_CERT_FILE name the authority that signed the certificate, and check the clock: timedatectl"
                        : ErrorCode.unreachable.hint, duration: settings.time.elapsed() - start)
            ]
        }
        var steps: [DoctorStep] = []
        if let date = response.header("Date").flatMap(HTTPDate.seconds) { steps.append(clock(against: date)) }
        let isThere = response.status == 200 && response.json?["token_endpoint"] != nil
        let text = response.json?["error_description"]?.text.map { ": \($0.clipped.printable)" } ?? ""
        let status: DoctorStep.Status = isThere ? .passed : (400..<500).contains(response.status) ? .failed : .warning
        steps.append(
            DoctorStep(
                "entra-tenant", "Entra: tenant", status,
                isThere
                    ? authentication.tenantID
                    : status == .failed
                        ? "there is no tenant \(authentication.tenantID.clipped) in this cloud (\(response.status)\(text))"
                        : "Entra answers \(response.status) without its metadata",
                fix: isThere ? "" : "az account show --query tenantId --output tsv; and check cloudName",
                duration: settings.time.elapsed() - start))
        return steps
    }

    private func clock(against date: Int) -> DoctorStep {
        let skew = settings.time.wallClock() - date
        let isFar = abs(skew) > 300
        return DoctorStep(
            "clock", "Clock", isFar ? .failed : .passed,
            abs(skew) < 5 ? "as Entra's" : "\(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") Entra's",
            fix: isFar ? "timedatectl set-ntp true" : "")
    }

    private func exchange() async -> (DoctorStep, AccessToken?) {
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
            return (
                DoctorStep(
                    "exchange", title, .failed, error.message, evidence: error.context, fix: error.hint,
                    duration: settings.time.elapsed() - start), nil
            )
        }
    }
}
