internal import Azure
internal import ProviderCore

/// The vault's side: its challenge, then each object as the mount would read it.
struct VaultSteps {
    let settings: Doctor.Settings
    let attributes: MountAttributes
    let plan: MountPlan
    let vault: VaultAddress
    let token: AccessToken?

    private var client: KeyVaultClient {
        var retry = RetryPolicy()
        retry.attempts = 2
        return KeyVaultClient(transport: settings.transport, retry: retry, time: settings.time)
    }

    func steps() async -> [DoctorStep] {
        var steps = await NetworkSteps(
            settings: settings, prefix: "vault", service: "Vault", authority: vault.host,
            unresolvedFix:
                "az keyvault show --name \(vault.name) (does it exist, and in this cloud?); with a private endpoint link the zone privatelink.vaultcore.azure.net to this network"
        ).steps()
        guard !steps.contains(where: { $0.status == .failed }) else { return steps }
        let challenge = await challenge()
        steps.append(challenge)
        guard let token, challenge.status != .failed else { return steps }
        var fetched: [[VaultItem]] = []
        for item in plan.items {
            let (step, items) = await read(item, token)
            steps.append(step)
            fetched.append(items)
        }
        if fetched.allSatisfy({ !$0.isEmpty }) { steps.append(volume(fetched)) }
        return steps
    }

    // MARK: - The challenge

    private func challenge() async -> DoctorStep {
        let start = settings.time.elapsed()
        func step(_ status: DoctorStep.Status, _ detail: String, _ fix: String = "") -> DoctorStep {
            DoctorStep(
                "vault-challenge", "Vault: challenge", status, detail, fix: fix,
                duration: settings.time.elapsed() - start)
        }
        let response: HTTPResponse
        do throws(TransportFailure) {
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
        if let tenant = challenge.tenantID, tenant.lowercased() != attributes.tenantID.lowercased(),
            Self.isGUID(attributes.tenantID)
        {
            return step(
                .failed, "the vault belongs to tenant \(tenant.clipped), the class says \(attributes.tenantID.clipped)",
                "set tenantID: \(tenant.clipped) in the SecretProviderClass")
        }
        return step(.passed, "asks for a token for \(challenge.resource ?? "")")
    }

    private static func isGUID(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
    }

    // MARK: - Objects

    private func read(_ item: MountPlan.Item, _ token: AccessToken) async -> (DoctorStep, [VaultItem]) {
        let object = item.object
        let title = "\(object.type.rawValue) \(object.name)"
        let start = settings.time.elapsed()
        do throws(ProviderError) {
            var items: [VaultItem] = []
            for version in try await versions(of: object, token) {
                items.append(try await get(object, version, token))
            }
            let step = DoctorStep(
                "object", title, .passed,
                "version \(items.first?.version ?? "")"
                    + (items.count > 1 ? " and \(items.count - 1) before it" : ""),
                duration: settings.time.elapsed() - start)
            return (step, items)
        } catch {
            let (message, fix) = await explanation(of: error, object, token)
            let step = DoctorStep(
                "object", title, .failed, message, evidence: error.context, fix: fix,
                duration: settings.time.elapsed() - start)
            return (step, [])
        }
    }

    private func versions(of object: KeyVaultObject, _ token: AccessToken) async throws(ProviderError) -> [String] {
        guard object.wantsHistory else { return [object.version] }
        switch try await client.versions(
            of: object, in: vault, token: token, priority: .firstMount, until: settings.deadline)
        {
        case .value(let records): return try VersionHistory.select(records, for: object)
        case .tokenRejected(_, let error): throw error
        }
    }

    private func get(_ object: KeyVaultObject, _ version: String, _ token: AccessToken) async throws(ProviderError)
        -> VaultItem
    {
        switch try await client.read(
            object, version: version, in: vault, token: token, priority: .firstMount, until: settings.deadline)
        {
        case .value(let item): return item
        case .tokenRejected(_, let error): throw error
        }
    }

    /// What the vault's other collections say of the same name.
    private func explanation(
        of error: ProviderError, _ object: KeyVaultObject, _ token: AccessToken
    ) async -> (message: String, fix: String) {
        let assignee =
            attributes.identity.clientID.isEmpty ? "<client id of the identity>" : attributes.identity.clientID
        switch error.code {
        case .vaultForbidden where error.message.contains("ForbiddenByRbac"):
            var message = error.message
            if object.type == .secret, await exists(object, as: .certificate, token) {
                message += "; as a certificate it may be read, but its private key is a secret"
            }
            return (
                message,
                AzureCommand.role(for: object, vault: vault.name, assignee: assignee)
                    + " (a new role takes some minutes)"
            )
        case .objectNotFound:
            for other in KeyVaultObject.ObjectType.allCases where other != object.type {
                guard await exists(object, as: other, token) else { continue }
                return (
                    "\(error.message); there is a \(other.rawValue) of that name", "write objectType: \(other.rawValue)"
                )
            }
            return (
                error.message,
                "az keyvault \(object.type.rawValue == "cert" ? "certificate" : object.type.rawValue) list --vault-name \(vault.name) --query '[].name'; deleted ones: list-deleted"
            )
        default: return (error.message, error.hint)
        }
    }

    private func exists(_ object: KeyVaultObject, as type: KeyVaultObject.ObjectType, _ token: AccessToken) async
        -> Bool
    {
        var other = KeyVaultObject(name: object.name, type: type)
        other.version = ""
        do throws(ProviderError) {
            _ = try await get(other, "", token)
            return true
        } catch {
            return false
        }
    }

    private func volume(_ fetched: [[VaultItem]]) -> DoctorStep {
        do throws(ProviderError) {
            let answer = try MountAnswer(plan, fetched: fetched, conversion: ContentConversion())
            let bytes = answer.files.reduce(0) { $0 + $1.contents.count }
            return DoctorStep(
                "volume", "Volume", .passed,
                "\(answer.files.count) files, \(bytes) bytes, of \(MountAnswer.maximumBytes) at most")
        } catch {
            return DoctorStep("volume", "Volume", .failed, error.message, fix: error.hint)
        }
    }
}
