internal import AsyncSupport
package import Azure
package import Kubernetes
package import Logging
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

/// Posts Events on pods when the rotation of their volumes begins to fail and when it works again.
///
/// A mount only adds an event to a queue, which takes little time and cannot fail. `run` posts the events one after
/// another at a limited rate. Events that cannot be posted are dropped and counted. All members can be used from any
/// thread.
package final class EventPoster: Service, MetricsCollector {
    private struct State {
        var book = EventQueue()
        var counter = Counter(
            name: "akv_csi_events_total", help: "Events on pods, by result.", labelName: "result")
        /// The reason why events are being dropped; nil while they can be posted.
        var currentFailure: KubernetesError.Kind?
    }

    private static let maximumAttempts = 3
    /// The time without requests after the API server refused an event for lack of permission.
    private static let maximumRetryDelay = Duration.seconds(300)

    private let client: KubernetesClient
    private let node: String
    private let logger: Logger
    private let time: TimeSource
    private let state = Mutex(State())
    private let notes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// Creates a poster. `node` is the name of this node, or empty.
    package init(client: KubernetesClient, node: String, logger: Logger, time: TimeSource = .system) {
        self.client = client
        self.node = node
        self.logger = logger
        self.time = time
        (notes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues an event if the rotation of a volume changed its state.
    func note(_ rotation: RotationHealth.VolumeTransition?, of pod: PodReference, _ error: ProviderError?) {
        let name = pod.secretProviderClass.clipped
        switch rotation {
        case nil: return
        case .failing(let isRepeated):
            note(
                PodEvent(
                    on: pod, .failed,
                    "SecretProviderClass \(name): the volume keeps its old files: \(error?.description ?? "")"),
                isRepeated: isRepeated)
        case .recovered(let duration):
            note(
                PodEvent(
                    on: pod, .complete,
                    "SecretProviderClass \(name): the volume's files are updated again, after"
                        + " \(Int(duration.inSeconds)) s"),
                isRepeated: false)
        }
    }

    private func note(_ event: PodEvent?, isRepeated: Bool) {
        let elapsed = time.elapsed()
        state.withLock { state in
            guard let event else { return state.counter.count("invalid") }
            if !state.book.note(event, isRepeated: isRepeated, elapsed: elapsed) { state.counter.count("dropped-full") }
        }
        wakeUp.yield()
    }

    /// One metric family, or none before the first event.
    package var families: [MetricFamily] { state.withLock { $0.counter.families } }

    /// Posts the queued events until the task is cancelled.
    package func run() async {
        for await _ in notes {
            while let wait = state.withLock({ $0.book.wait(elapsed: time.elapsed()) }) {
                guard await slept(wait) else { return }
                guard let pause = await postNext() else { continue }
                guard await slept(pause) else { return }
            }
        }
    }

    private func slept(_ duration: Duration) async -> Bool {
        do throws(CancellationError) {
            if duration > .zero { try await time.sleep(duration) }
            return !Task.isCancelled
        } catch {
            return false
        }
    }

    /// Posts the next event. Returns the time to wait before the next request if it failed.
    private func postNext() async -> Duration? {
        let (elapsed, now) = (time.elapsed(), time.wallClock())
        guard let posting = state.withLock({ $0.book.next(elapsed: elapsed, now: now) }) else { return nil }
        do throws(KubernetesError) {
            if posting.isNew {
                try await client.create(posting.event, as: posting.record, node: node, now: now)
            } else {
                try await client.update(posting.event, of: posting.record, now: now)
            }
        } catch {
            return failed(posting, error)
        }
        let currentFailure = state.withLock { state in
            state.book.succeeded(posting, elapsed: time.elapsed())
            state.counter.count(posting.isNew ? "created" : "updated")
            defer { state.currentFailure = nil }
            return state.currentFailure
        }
        if currentFailure != nil { logger.info("events are posted again") }
        return nil
    }

    private func failed(_ posting: EventQueue.Posting, _ failure: KubernetesError) -> Duration? {
        if Task.isCancelled { return nil }
        let isLast = posting.attempts >= Self.maximumAttempts
        // The Event object was deleted, or another one has its name. The next request creates a new object with another
        // name.
        let isForAnother = failure.kind == .conflict || failure.kind == .notFound && !posting.isNew
        let shouldLog = state.withLock { state in
            if !isLast, isForAnother || failure.isTransient {
                state.book.again(posting, asNew: isForAnother)
            } else {
                let count = 1 + (failure.kind == .forbidden ? state.book.drop() : 0)
                for _ in 0..<count { state.counter.count("dropped-\(failure.kind.rawValue)") }
            }
            guard failure.isTransient || failure.kind == .forbidden else { return false }
            defer { state.currentFailure = failure.kind }
            return state.currentFailure != failure.kind
        }
        if shouldLog {
            logger.error(
                "events cannot be posted",
                metadata: ["code": "\(LogCode.eventsFailing.rawValue)", "error": "\(failure)"])
        }
        if failure.kind == .forbidden { return Self.maximumRetryDelay }
        guard failure.isTransient else { return nil }
        return min(Self.maximumRetryDelay, max(failure.pause ?? .zero, .seconds(5) * (1 << (posting.attempts - 1))))
    }
}
