internal import Azure
internal import Budgets
internal import ProviderCore
internal import SecretMemory

/// The steps for the objects, each read as in a mount, and for the resulting volume.
struct ObjectSteps {
    let settings: Doctor.Settings
    let attributes: MountConfiguration
    /// The access tokens by the plan's sources; nil for sources that cannot be read.
    let tokens: [AccessToken?]
    /// The Secrets that `secretObjects` creates from the files.
    let secrets: [(name: String, files: [String])]
    /// The annotations of the pod's ServiceAccount.
    let annotations: AnnotatedIdentity?

    private let fetch: VaultFetch

    init(
        settings: Doctor.Settings, attributes: MountConfiguration, tokens: [AccessToken?],
        secrets: [(name: String, files: [String])], annotations: AnnotatedIdentity?
    ) {
        self.settings = settings
        self.secrets = secrets
        self.attributes = attributes
        self.tokens = tokens
        self.annotations = annotations
        var retry = RetryPolicy()
        retry.attempts = 2
        let client = KeyVaultClient(transport: settings.transport, retry: retry, time: settings.time)
        // Each token is used for all objects of the run, and nothing else is cached.
        fetch = VaultFetch(
            tokens: AccessTokenSource(
                settings: settings.tokens, transport: settings.transport, keepsTokens: true, time: settings.time),
            vault: client, values: ValueCache(settings: CacheSettings(), time: settings.time), time: settings.time)
    }

    private var request: VaultFetch.Request {
        VaultFetch.Request(maximumAge: .zero, priority: .firstMount, deadline: settings.deadline)
    }

    func steps() async -> [DoctorStep] {
        let picked: MountConfiguration
        do throws(ProviderError) {
            picked = try await expanded()
        } catch {
            return [
                DoctorStep(
                    "selection", "Selection", .failed, error.sentence, evidence: error.context, fix: error.hint)
            ]
        }
        let plan = MountPlan(picked)
        var steps: [DoctorStep] = []
        var fetched: [[FetchedVersion]] = []
        var missingRoles = MissingRoles()
        for item in plan.items {
            guard plan.sources.count > tokens.count || tokens[item.source] != nil else { continue }
            let source = plan.sources[item.source]
            let (step, versions, needsRole) = await read(item.object, in: picked, source, tokens[item.source])
            if needsRole { missingRoles.add(item.object, source, step: steps.count) }
            steps.append(step)
            if step.status != .failed { fetched.append(versions) }
        }
        missingRoles.writeFixes(into: &steps)
        if !steps.isEmpty, fetched.count == plan.items.count { steps.append(volume(plan, fetched)) }
        return steps
    }

    /// Returns the configuration with the objects that the selectors select.
    private func expanded() async throws(ProviderError) -> MountConfiguration {
        guard attributes.hasSelectors, tokens.allSatisfy({ $0 != nil }) else { return attributes }
        return try attributes.expanding(
            try await fetch.records(for: MountPlan(attributes.selectorsOnly), request))
    }

    private func read(
        _ object: KeyVaultObject, in attributes: MountConfiguration, _ source: MountPlan.Source, _ token: AccessToken?
    ) async -> (DoctorStep, [FetchedVersion], needsRole: Bool) {
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
            return (step, versions, false)
        } catch {
            let refusal = await explanation(of: error, object, source, token)
            let step = DoctorStep(
                "object", title, .failed, refusal.message, evidence: error.context, fix: refusal.fix,
                duration: settings.time.elapsed() - start)
            return (step, [], refusal.needsRole)
        }
    }

    private func volume(_ plan: MountPlan, _ fetched: [[FetchedVersion]]) -> DoctorStep {
        do throws(ProviderError) {
            let answer = try MountBudget.bounding { () throws(ProviderError) in
                try MountResponse(
                    plan, fetched: fetched, conversion: ContentConversion(), now: settings.time.wallClock())
            }
            if let step = tooLargeSecret(answer) { return step }
            let bytes = answer.files.reduce(0) { $0 + $1.contents.count }
            return DoctorStep(
                "volume", "Volume", .passed,
                "\(answer.files.count) files, \(bytes) bytes, of \(VolumeLimits.maximumBytes) at most")
        } catch {
            return DoctorStep("volume", "Volume", .failed, error.sentence, fix: error.hint)
        }
    }

    /// Returns a warning about a Secret that is too large. The files are mounted anyway; only the Secret is missing,
    /// and only an event reports it.
    private func tooLargeSecret(_ answer: MountResponse) -> DoctorStep? {
        let sizes = Dictionary(answer.files.map { ($0.path, $0.contents.count) }, uniquingKeysWith: { $1 })
        for secret in secrets {
            let bytes = secret.files.reduce(0) { $0 + (sizes[$1] ?? 0) }
            guard bytes > SizeCheck.largestSecret else { continue }
            return DoctorStep(
                "volume", "Volume", .warning,
                "the Secret \(secret.name.clipped) would hold \(bytes) bytes, Kubernetes takes \(SizeCheck.largestSecret)",
                fix: "spread the keys over several Secrets, or read the file in place of the Secret")
        }
        return nil
    }
}
