package import Azure
package import Kubernetes
package import Logging
internal import ProviderCore
internal import Synchronization

/// Reads the annotations of service accounts from the API server and caches them for a short time.
///
/// Concurrent mounts of pods with the same account share one request. The annotations decide which identity a pod uses,
/// and not whether it may use it: Entra decides that from the pod's own token. Outdated annotations therefore cause a
/// refusal, or select an identity that still trusts the account.
package final class ServiceAccountAnnotations: MetricsCollector {
    private typealias Pending = SharedTask<AnnotationCache.Answer>

    private struct State {
        var book = AnnotationCache()
        var sharedTasks: [ServiceAccountReference: Pending] = [:]
        var counter = Counter(
            name: "akv_csi_service_account_reads_total",
            help: "Requests for service accounts to the API server, by result.", labelName: "result")
        /// The current failure of the API server; nil while it works.
        var currentFailure: KubernetesError.Kind?
    }

    private let client: KubernetesClient
    private let logger: Logger
    private let time: TimeSource
    private let state = Mutex(State())

    package init(client: KubernetesClient, logger: Logger, time: TimeSource = .system) {
        self.client = client
        self.logger = logger
        self.time = time
    }

    /// Returns the annotations of `account` that were read within the refresh interval, or nil.
    func known(_ account: ServiceAccountReference) -> AnnotatedIdentity? {
        state.withLock { $0.book.known(account, elapsed: time.elapsed()) }
    }

    /// Returns the annotations of `account`, which are at most about a second old unless the API server fails. Throws
    /// if they cannot be read or if the mount's time is over.
    func identity(
        of account: ServiceAccountReference, until deadline: Deadline
    ) async throws(ProviderError) -> AnnotatedIdentity {
        enum Step {
            case done(AnnotationCache.Answer)
            case wait(Pending, Pending.Caller)
        }
        let step: Step = state.withLock { state in
            if let answer = state.book.answer(to: account, elapsed: time.elapsed()) { return .done(answer) }
            if let sharedTask = state.sharedTasks[account], let caller = sharedTask.join(until: deadline) {
                return .wait(sharedTask, caller)
            }
            let sharedTask = Pending(until: deadline) { [self] _ in await read(account) }
            state.sharedTasks[account] = sharedTask
            return .wait(sharedTask, sharedTask.first)
        }
        let answer: AnnotationCache.Answer
        switch step {
        case .done(let known): answer = known
        case .wait(let sharedTask, let caller):
            let found = await withDeadline(deadline) { await sharedTask.value(for: caller) } ?? nil
            guard let found else { throw Self.noAnswer(about: account) }
            answer = found
        }
        do {
            return try answer.get()
        } catch {
            throw error.providerError(reading: account)
        }
    }

    private static func noAnswer(about account: ServiceAccountReference) -> ProviderError {
        Task.isCancelled
            ? ProviderError(
                .cancelled, "the mount was cancelled while the provider read ServiceAccount \(account.path)")
            : ProviderError(
                .kubernetesUnavailable,
                "the mount's time was used up while the Kubernetes API was asked for ServiceAccount \(account.path)")
    }

    /// Sends one request.
    private func read(_ account: ServiceAccountReference) async -> AnnotationCache.Answer {
        let start = time.elapsed()
        let outcome: AnnotationCache.Answer
        do throws(KubernetesError) {
            outcome = .success(try await client.annotatedIdentity(of: account))
        } catch {
            outcome = .failure(error)
        }
        // The request was cancelled because no caller waits for it any more, so its failure does not describe the API
        // server.
        let isAbandoned = Task.isCancelled
        let (answer, transition) = state.withLock { state in
            state.sharedTasks[account] = nil
            if isAbandoned { return (outcome, Transition.none) }
            state.counter.count(outcome.failure?.kind.rawValue ?? "read")
            let transition = Transition(from: state.currentFailure, to: outcome.failure)
            // A missing account is not a failure of the API server.
            state.currentFailure = outcome.failure.flatMap { $0.kind == .notFound ? nil : $0.kind }
            return (state.book.note(outcome, of: account, start: start, elapsed: time.elapsed()), transition)
        }
        report(transition)
        return answer
    }

    /// A change of the API server's state.
    private enum Transition {
        case none
        case began(KubernetesError)
        case ended

        init(from currentFailure: KubernetesError.Kind?, to failure: KubernetesError?) {
            if let failure, failure.kind != .notFound {
                self = failure.kind == currentFailure ? .none : .began(failure)
            } else {
                self = currentFailure == nil ? .none : .ended
            }
        }
    }

    /// Logs the beginning and the end of a failure once. Each mount that fails because of it has its own log line.
    private func report(_ transition: Transition) {
        switch transition {
        case .none: return
        case .began(let failure):
            logger.error(
                "service accounts cannot be read",
                metadata: ["code": "\(LogCode.serviceAccountsFailing.rawValue)", "error": "\(failure)"])
        case .ended: logger.info("service accounts can be read again")
        }
    }

    /// Drops expired entries.
    func sweep() { state.withLock { $0.book.sweep(elapsed: time.elapsed()) } }

    /// One metric family, or none before the first request.
    package var families: [MetricFamily] { state.withLock { $0.counter.families } }
}

extension AnnotationCache.Answer {
    fileprivate var failure: KubernetesError? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

extension KubernetesError {
    fileprivate func providerError(reading account: ServiceAccountReference) -> ProviderError {
        let path = "ServiceAccount \(account.path)"
        switch kind {
        case .unreachable, .unavailable:
            return ProviderError(
                .kubernetesUnavailable, "the Kubernetes API cannot be asked for the annotations of \(path): \(self)")
        case .notFound:
            return ProviderError(
                .annotationMissing, "\(path), whose annotations would name the client, does not exist: \(self)",
                hint: "create the ServiceAccount again, or set clientID in the SecretProviderClass")
        case .setup, .unauthorized, .forbidden, .conflict, .refused:
            return ProviderError(
                .kubernetesRefused, "the Kubernetes API does not let the provider read \(path): \(self)")
        }
    }
}
