internal import Azure
internal import ProviderCore

/// The objects, each read as the mount would read it, and the volume that they make.
struct ObjectSteps {
    let settings: Doctor.Settings
    let attributes: MountAttributes
    /// By the plan's sources; nil for those that cannot be asked.
    let tokens: [AccessToken?]

    private let client: KeyVaultClient
    private let fetch: VaultFetch

    init(settings: Doctor.Settings, attributes: MountAttributes, tokens: [AccessToken?]) {
        self.settings = settings
        self.attributes = attributes
        self.tokens = tokens
        var retry = RetryPolicy()
        retry.attempts = 2
        client = KeyVaultClient(transport: settings.transport, retry: retry, time: settings.time)
        // Within one run each token serves for all objects, and nothing else is kept.
        fetch = VaultFetch(
            tokens: AccessTokenSource(
                settings: settings.tokens, transport: settings.transport, keepsTokens: true, time: settings.time),
            vault: client, values: ValueCache(settings: CacheSettings(), time: settings.time), time: settings.time)
    }

    private var request: VaultFetch.Request {
        VaultFetch.Request(maximumAge: .zero, priority: .firstMount, deadline: settings.deadline)
    }

    func steps() async -> [DoctorStep] {
        let picked: MountAttributes
        do throws(ProviderError) {
            picked = try await expanded()
        } catch {
            return [
                DoctorStep(
                    "selection", "Selection", .failed, error.message, evidence: error.context, fix: error.hint)
            ]
        }
        let plan = MountPlan(picked)
        var steps: [DoctorStep] = []
        var fetched: [[FetchedVersion]] = []
        for item in plan.items {
            guard plan.sources.count > tokens.count || tokens[item.source] != nil else { continue }
            let (step, versions) = await read(item.object, in: picked, plan.sources[item.source], tokens[item.source])
            steps.append(step)
            if step.status != .failed { fetched.append(versions) }
        }
        if !steps.isEmpty, fetched.count == plan.items.count { steps.append(volume(plan, fetched)) }
        return steps
    }

    /// With what the selectors pick.
    private func expanded() async throws(ProviderError) -> MountAttributes {
        guard attributes.hasSelectors, tokens.allSatisfy({ $0 != nil }) else { return attributes }
        return try attributes.expanding(
            try await fetch.records(for: MountPlan(attributes.selectorsOnly), request))
    }

    private func read(
        _ object: KeyVaultObject, in attributes: MountAttributes, _ source: MountPlan.Source, _ token: AccessToken?
    ) async -> (DoctorStep, [FetchedVersion]) {
        let title = "\(object.type.rawValue) \(object.name)"
        let start = settings.time.elapsed()
        do throws(ProviderError) {
            var alone = attributes
            alone.objects = [object]
            let versions = try await fetch.contents(of: MountPlan(alone), request).items[0]
            let step = DoctorStep(
                "object", title, .passed,
                versions.isEmpty
                    ? "not there, which its settings allow"
                    : "version \(versions[0].version)"
                        + (versions.count > 1 ? " and \(versions.count - 1) before it" : ""),
                duration: settings.time.elapsed() - start)
            return (step, versions)
        } catch {
            let (message, fix) = await explanation(of: error, object, source, token)
            let step = DoctorStep(
                "object", title, .failed, message, evidence: error.context, fix: fix,
                duration: settings.time.elapsed() - start)
            return (step, [])
        }
    }

    /// What the vault's other collections say of the same name.
    private func explanation(
        of error: ProviderError, _ object: KeyVaultObject, _ source: MountPlan.Source, _ token: AccessToken?
    ) async -> (message: String, fix: String) {
        guard let token else { return (error.message, error.hint) }
        let (vault, clientID) = (source.vault, source.signIn.identity.clientID)
        let assignee = clientID.isEmpty ? "<client id of the identity>" : clientID
        switch error.code {
        case .vaultForbidden where error.message.contains("ForbiddenByRbac"):
            var message = error.message
            if object.type == .secret, await exists(object, as: .certificate, in: vault, token) {
                message += "; as a certificate it may be read, but its private key is a secret"
            }
            return (
                message,
                AzureCommand.role(for: object, vault: vault.name, assignee: assignee)
                    + " (a new role takes some minutes)"
            )
        case .objectNotFound:
            for other in KeyVaultObject.ObjectType.allCases where other != object.type {
                guard await exists(object, as: other, in: vault, token) else { continue }
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

    private func exists(
        _ object: KeyVaultObject, as type: KeyVaultObject.ObjectType, in vault: VaultAddress, _ token: AccessToken
    ) async -> Bool {
        let other = KeyVaultObject(name: object.name, type: type)
        do throws(ProviderError) {
            let outcome = try await client.read(
                other, version: "", in: vault, token: token, priority: .firstMount, until: settings.deadline)
            if case .value = outcome { return true }
            return false
        } catch {
            return false
        }
    }

    private func volume(_ plan: MountPlan, _ fetched: [[FetchedVersion]]) -> DoctorStep {
        do throws(ProviderError) {
            let answer = try MountAnswer(
                plan, fetched: fetched, conversion: ContentConversion(), now: settings.time.wallClock())
            let bytes = answer.files.reduce(0) { $0 + $1.contents.count }
            return DoctorStep(
                "volume", "Volume", .passed,
                "\(answer.files.count) files, \(bytes) bytes, of \(MountAnswer.maximumBytes) at most")
        } catch {
            return DoctorStep("volume", "Volume", .failed, error.message, fix: error.hint)
        }
    }
}
