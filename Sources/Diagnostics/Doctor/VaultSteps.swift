internal import Azure
internal import ProviderCore
internal import SecretMemory

/// The steps for a vault before any object is read: the connection and the challenge.
struct VaultSteps {
    let settings: Doctor.Settings
    /// The tenant as the class writes it.
    let tenantID: String
    /// The ID of that tenant, if Entra has returned it.
    let tenant: String?
    let vault: VaultAddress

    /// Returns the steps, and the vault's time in seconds since 1970.
    func reach() async -> (steps: [DoctorStep], date: Int?) {
        let steps = await NetworkSteps(
            settings: settings, prefix: "vault", service: "Vault", authority: vault.host,
            unresolvedFix:
                "az keyvault show --name \(vault.name.shellWord) (does it exist, and in this cloud?); if it was deleted: \(AzureCommand.recoverVault(vault.name)); with a private endpoint link the zone privatelink.vaultcore.azure.net to this network"
        ).steps()
        guard !steps.contains(where: { $0.status == .failed }) else { return (steps, nil) }
        let (challenge, date) = await challenge()
        return (steps + [challenge], date)
    }

    private func challenge() async -> (DoctorStep, date: Int?) {
        let start = settings.time.elapsed()
        var date: Int?
        func step(
            _ status: DoctorStep.Status, _ detail: String, _ fix: String = "", rank: DoctorStep.Rank? = nil
        ) -> (DoctorStep, Int?) {
            let step = DoctorStep(
                "vault-challenge", "Vault: challenge", status, detail, fix: fix,
                duration: settings.time.elapsed() - start, rank: rank)
            return (step, date)
        }
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await settings.transport.send(
                HTTPRequest(.get, "https://\(vault.host)/secrets?api-version=7.4", maximumResponseBytes: 1 << 20),
                timeout: settings.timeout)
        } catch {
            return step(
                .failed, "the vault cannot be asked: \(error.reason)",
                error.hop == .tls ? NetworkSteps.trustFix : ErrorCode.unreachable.hint, rank: .network)
        }
        date = response.header("Date").flatMap(HTTPDate.seconds)
        guard response.status == 401, let challenge = VaultChallenge(header: response.header("www-authenticate")) else {
            return step(
                .warning, "an unsigned request is answered \(response.status), not 401 with a challenge",
                ErrorCode.answerMalformed.hint)
        }
        guard challenge.isTrustworthy(forHost: vault.host) else {
            return step(
                .failed,
                "the vault asks for a token for \(challenge.resource?.clipped ?? "nothing"), which is not above its own host",
                "this is not the vault: check name resolution, proxy and cloudName; no token was sent")
        }
        if let owner = challenge.tenantID, let known = tenant ?? (Self.isGUID(tenantID) ? tenantID : nil),
            owner.lowercased() != known.lowercased()
        {
            return step(
                .failed,
                "the vault belongs to tenant \(owner.clipped), the class says \(tenantID.clipped)"
                    + (known == tenantID ? "" : ", which is \(known.clipped)"),
                "set tenantID: \(owner.clipped) in the SecretProviderClass")
        }
        return step(.passed, "asks for a token for \(challenge.resource ?? "")")
    }

    static func isGUID(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
    }
}
