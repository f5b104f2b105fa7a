package import ProviderCore

/// Fetches all objects of a plan for one identity: a token, the lists of versions that are wanted, then
/// all reads side by side.
package struct VaultFetch: Sendable {
    /// Requests under way at once for one mount.
    private static let parallelRequests = 20

    private let tokens: AccessTokenSource
    private let vault: KeyVaultClient
    private let time: TimeSource
    private let observe: @Sendable (Observation) -> Void

    /// One request to the vault and how it ended, for metrics.
    package struct Observation: Sendable {
        package var object: KeyVaultObject
        package var duration: Duration
        package var error: ErrorCode?

        package init(object: KeyVaultObject, duration: Duration, error: ErrorCode?) {
            self.object = object
            self.duration = duration
            self.error = error
        }
    }

    package init(
        tokens: AccessTokenSource, vault: KeyVaultClient, time: TimeSource = .system,
        observe: @escaping @Sendable (Observation) -> Void = { _ in }
    ) {
        self.time = time
        self.observe = observe
        self.tokens = tokens
        self.vault = vault
    }

    /// The versions of each item, the newest first, in the plan's order. Every object that fails is
    /// reported, in that order too.
    package func items(
        of plan: MountPlan, as attributes: MountAttributes, until deadline: Deadline
    ) async throws(ProviderError) -> [[VaultItem]] {
        var token = try await token(attributes, resource: nil, deadline)
        let lists = await perform(plan.items.map(\.object), &token, attributes, deadline) { object, token in
            await versions(of: object, in: plan.vault, token, deadline)
        }
        var reads: [Read] = []
        for (index, list) in lists.enumerated() {
            guard case .success(let versions) = list else { continue }
            reads += versions.map { Read(item: index, object: plan.items[index].object, version: $0) }
        }
        let contents = await perform(reads, &token, attributes, deadline) { read, token in
            await content(of: read, in: plan.vault, token, deadline)
        }
        return try collect(lists, reads, contents)
    }

    private struct Read: Sendable {
        var item: Int
        var object: KeyVaultObject
        var version: String
    }

    private typealias Outcome<Value: Sendable> = Result<KeyVaultClient.Outcome<Value>, ProviderError>

    /// The versions to read of an object: those of its history, or just the one it names.
    private func versions(
        of object: KeyVaultObject, in address: VaultAddress, _ token: AccessToken, _ deadline: Deadline
    ) async -> Outcome<[String]> {
        guard object.wantsHistory else { return .success(.value([object.version])) }
        let start = time.elapsed()
        let outcome: Outcome<[String]>
        do throws(ProviderError) {
            switch try await vault.versions(of: object, in: address, token: token, until: deadline) {
            case .value(let records): outcome = .success(.value(try VersionHistory.select(records, for: object)))
            case .tokenRejected(let resource, let error):
                outcome = .success(.tokenRejected(resource: resource, error: error))
            }
        } catch {
            outcome = .failure(error)
        }
        note(object, since: start, outcome)
        return outcome
    }

    private func content(
        of read: Read, in address: VaultAddress, _ token: AccessToken, _ deadline: Deadline
    ) async -> Outcome<VaultItem> {
        let start = time.elapsed()
        let outcome: Outcome<VaultItem>
        do throws(ProviderError) {
            outcome = .success(
                try await vault.read(read.object, version: read.version, in: address, token: token, until: deadline))
        } catch {
            outcome = .failure(error)
        }
        note(read.object, since: start, outcome)
        return outcome
    }

    private func note<Value>(_ object: KeyVaultObject, since start: Duration, _ outcome: Outcome<Value>) {
        let error: ErrorCode? =
            switch outcome {
            case .success(.value): nil
            case .success(.tokenRejected(_, let error)), .failure(let error): error.code
            }
        observe(Observation(object: object, duration: time.elapsed() - start, error: error))
    }

    private func collect(
        _ lists: [Result<[String], ProviderError>], _ reads: [Read], _ contents: [Result<VaultItem, ProviderError>]
    ) throws(ProviderError) -> [[VaultItem]] {
        var items = [[VaultItem]](repeating: [], count: lists.count)
        var errors: [(item: Int, error: ProviderError)] = []
        for (index, list) in lists.enumerated() {
            if case .failure(let error) = list { errors.append((index, error)) }
        }
        for (read, content) in zip(reads, contents) {
            switch content {
            case .success(let item): items[read.item].append(item)
            case .failure(let error): errors.append((read.item, error))
            }
        }
        if let error = ProviderError.combining(errors.sorted { $0.item < $1.item }.map(\.error)) { throw error }
        return items
    }

    private func token(
        _ attributes: MountAttributes, resource: String?, _ deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        try await tokens.token(
            for: attributes, resource: resource ?? attributes.cloud.vaultResource, until: deadline)
    }

    // MARK: - Side by side

    /// Runs `work` for each job, a bounded number at once; the results are in the jobs' order. Jobs whose
    /// token the vault rejects are run once more with a new one: the vault may want another audience
    /// than the cloud's, or have seen the token expire.
    private func perform<Job: Sendable, Value: Sendable>(
        _ jobs: [Job], _ token: inout AccessToken, _ attributes: MountAttributes, _ deadline: Deadline,
        _ work: @escaping @Sendable (Job, AccessToken) async -> Outcome<Value>
    ) async -> [Result<Value, ProviderError>] {
        var outcomes = await outcomes(of: jobs, token, work)
        let rejected = outcomes.indices.filter {
            if case .success(.tokenRejected) = outcomes[$0] { true } else { false }
        }
        if let first = rejected.first, case .success(.tokenRejected(let resource, _)) = outcomes[first] {
            do throws(ProviderError) {
                token = try await self.token(attributes, resource: resource, deadline)
                let again = await self.outcomes(of: rejected.map { jobs[$0] }, token, work)
                for (index, outcome) in zip(rejected, again) { outcomes[index] = outcome }
            } catch {
                for index in rejected { outcomes[index] = .failure(error) }
            }
        }
        return outcomes.map { outcome in
            switch outcome {
            case .success(.value(let value)): .success(value)
            case .success(.tokenRejected(_, let error)), .failure(let error): .failure(error)
            }
        }
    }

    private func outcomes<Job: Sendable, Value: Sendable>(
        of jobs: [Job], _ token: AccessToken,
        _ work: @escaping @Sendable (Job, AccessToken) async -> Outcome<Value>
    ) async -> [Outcome<Value>] {
        await withTaskGroup(of: (Int, Outcome<Value>).self, returning: [Outcome<Value>].self) { group in
            var next = min(jobs.count, Self.parallelRequests)
            for index in 0..<next { group.addTask { (index, await work(jobs[index], token)) } }
            var outcomes = [Outcome<Value>?](repeating: nil, count: jobs.count)
            while let (index, outcome) = await group.next() {
                outcomes[index] = outcome
                guard next < jobs.count else { continue }
                let following = next
                next += 1
                group.addTask { (following, await work(jobs[following], token)) }
            }
            return outcomes.map { $0 ?? .failure(ProviderError(.internal, "a request was not made")) }
        }
    }
}
