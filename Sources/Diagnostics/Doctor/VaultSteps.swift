internal import Azure
internal import ProviderCore
internal import SecretMemory

/// A vault's side before any object is read: the way there, and its challenge.
struct VaultSteps {
    let settings: Doctor.Settings
    let tenantID: String
    let vault: VaultAddress

    func steps() async -> [DoctorStep] {
        let steps = await NetworkSteps(
            settings: settings, prefix: "vault", service: "Vault", authority: vault.host,
            unresolvedFix:
                "az keyvault show --name \(vault.name) (does it exist, and in this cloud?); with a private endpoint link the zone privatelink.vaultcore.azure.net to this network"
        ).steps()
        return steps.contains { $0.status == .failed } ? steps : steps + [await challenge()]
    }

    private func challenge() async -> DoctorStep {
        let start = settings.time.elapsed()
        func step(_ status: DoctorStep.Status, _ detail: String, _ fix: String = "") -> DoctorStep {
            DoctorStep(
                "vault-challenge", "Vault: challenge", status, detail, fix: fix,
                duration: settings.time.elapsed() - start)
        }
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await settings.transport.send(
                HTTPRequest(.get, "https://\(vault.host)/secrets?api-version=7.4", maximumResponseBytes: 1 << 20),
                timeout: settings.timeout)
        } catch {
            return step(
                .failed, "the vault cannot be asked: \(error.reason)",
                error.hop == .tls
                    ? "let SSL_CERT_FILE name the authority that signed the certificate, and check the clock: timedatectl"
                    : ErrorCode.unreachable.hint)
        }
        guard response.status == 401, let challenge = VaultChallenge(header: response.header("www-authenticate")) else {
            return step(
                .warning, "an unsigned request is answered \(response.status), not 401 with a challenge",
                ErrorCode.answerMalformed.hint)
        }
        guard challenge.isTrustworthy(forHost: vault.host) else {
            return step(
                .failed,
                "the vault asks for a token for \(challenge.resource?.clipped ?? "nobody"), which is not above its own host",
                "this is not the vault: check name resolution, proxy and cloudName; no token was sent")
        }
        if let tenant = challenge.tenantID, tenant.lowercased() != tenantID.lowercased(),
            Self.isGUID(tenantID)
        {
            return step(
                .failed, "the vault belongs to tenant \(tenant.clipped), the class says \(tenantID.clipped)",
                "set tenantID: \(tenant.clipped) in the SecretProviderClass")
        }
        return step(.passed, "asks for a token for \(challenge.resource ?? "")")
    }

    private static func isGUID(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
    }
}
