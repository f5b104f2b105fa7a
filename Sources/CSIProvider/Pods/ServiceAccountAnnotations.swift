package import Azure
package import Kubernetes
package import Logging
internal import ProviderCore
internal import Synchronization

/// What the annotations of service accounts say, read from the API server and kept for a short time.
///
/// However many pods of an account mount together, one request asks for all of them. The annotations decide with
/// which identity a pod signs in, and not whether it may: that Entra decides on the pod's own token. So an answer that
/// is out of date causes a refusal, or selects an identity that still trusts the account.
package final class ServiceAccountAnnotations: MetricsCollector {
    private typealias Pending = SharedTask<AnnotationCache.Answer>

    private struct State {
        var book = AnnotationCache()
        var sharedTasks: [ServiceAccountReference: Pending] = [:]
        var counter = Counter(
            name: "akv_csi_service_account_reads_total",
            help: "Requests for service accounts to the API server, by what came of them.", labelName: "result")
        /// What is wrong with the API server at the time; nil while nothing is.
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

    /// What was read of `account` within the refresh interval.
    func known(_ account: ServiceAccountReference) -> AnnotatedIdentity? {
        state.withLock { $0.book.known(account, elapsed: time.elapsed()) }
    }

    /// What the annotations of `account` say now, or said a moment ago.
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
            ? ProviderError(.cancelled, "the mount was given up while ServiceAccount \(account.path) was read")
            : ProviderError(
                .kubernetesUnavailable,
                "the mount's time was used up while the Kubernetes API was asked for ServiceAccount \(account.path)")
    }

    /// One request.
    private func read(_ account: ServiceAccountReference) async -> AnnotationCache.Answer {
        let start = time.elapsed()
        let outcome: AnnotationCache.Answer
        do throws(KubernetesError) {
            outcome = .success(try await client.annotatedIdentity(of: account))
        } catch {
            outcome = .failure(error)
        }
        // No caller waits any more, so the request was broken off: that says nothing about the API server.
        let isAbandoned = Task.isCancelled
        let (answer, transition) = state.withLock { state in
            state.sharedTasks[account] = nil
            if isAbandoned { return (outcome, Transition.none) }
            state.counter.count(outcome.failure?.kind.rawValue ?? "read")
            let transition = Transition(from: state.currentFailure, to: outcome.failure)
            // An account that is not there is none of the API server's troubles.
            state.currentFailure = outcome.failure.flatMap { $0.kind == .notFound ? nil : $0.kind }
            return (state.book.note(outcome, of: account, start: start, elapsed: time.elapsed()), transition)
        }
        report(transition)
        return answer
    }

    /// What is news about the API server.
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

    /// Said once when it begins and once when it ends: each mount that fails by it has a line of its own.
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

    /// Forgets what need not be kept any more.
    func sweep() { state.withLock { $0.book.sweep(elapsed: time.elapsed()) } }

    /// One family; none before the first request.
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
