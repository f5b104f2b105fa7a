internal import AsyncSupport

/// Sends the requests of one caller to one service, and retries each until its response is final. This is the only
/// retry loop.
///
/// All requests are sent together, as far as the gate admits them, and all events that have occurred are handled
/// together, so that many requests need about as many thread switches as one. One task uses a run once.
struct RequestRun: ~Copyable {
    typealias Outcome = Result<HTTPResponse, TransportError>

    private enum Event: Sendable {
        case admitted(Result<RequestGate.Permit, TransportError>)
        /// The delay for the service's rate limit is over.
        case mayBegin(Int)
        case ended(Int, Outcome)
        case mayRetry(Int)
        case cancelled
    }

    private struct Item {
        var request: HTTPRequest
        /// The permit of the running attempt.
        var permit: RequestGate.Permit?
        var attempts = 0
        var last: Outcome?
        var isFinal = false
    }

    /// The maximum number of requests that have begun and are not final.
    private static let window = 50

    private let policy: RetryPolicy
    private let transport: any HTTPTransport
    private let gate: RequestGate
    private let context: RequestContext
    private let time: TimeSource
    private let inbox = Inbox<Event>()

    private var items: [Item] = []
    /// The requests that wait for a permit, in order.
    private var queue: [Int] = []
    /// The first request that has not begun and is not in the queue.
    private var next = 0
    private var unfinished = 0
    /// The task that waits at the gate, for the first request in the queue.
    private var admission: Task<Void, Never>?
    private var timers: [Int: Task<Void, Never>] = [:]
    private var cancellations: [@Sendable (Int?) -> Void] = []
    private var isCancelled = false

    init(
        _ policy: RetryPolicy, over transport: any HTTPTransport, through gate: RequestGate, _ context: RequestContext,
        _ time: TimeSource
    ) {
        self.policy = policy
        self.transport = transport
        self.gate = gate
        self.context = context
        self.time = time
    }

    /// Calls `deliver` exactly once for each request, with its index, in the caller's task. Any response counts,
    /// regardless of its status; a failure means that no response arrived.
    mutating func run(_ requests: [HTTPRequest], deliver: (Int, Outcome) -> Void) async {
        items = requests.map { request in
            var request = request
            request.namespace = context.namespace
            return Item(request: request)
        }
        unfinished = items.count
        await withTaskCancellationHandler {
            for event in inbox.removeAll() { handle(event, deliver) }
            beginQueued(deliver)
            while unfinished > 0 {
                for event in await inbox.next() { handle(event, deliver) }
                beginQueued(deliver)
            }
        } onCancel: { [inbox] in
            inbox.append(.cancelled)
        }
        for timer in timers.values { timer.cancel() }
        await leaveLine()
    }

    /// Returns a permit that arrived too late.
    private mutating func leaveLine() async {
        guard let admission else { return }
        admission.cancel()
        await admission.value
        for case .admitted(.success(let permit)) in inbox.removeAll() { gate.leave(permit, succeeded: false) }
    }

    // MARK: - Events

    private mutating func handle(_ event: Event, _ deliver: (Int, Outcome) -> Void) {
        switch event {
        case .admitted(let result):
            admission = nil
            switch result {
            case .success(let permit):
                guard let index = queue.first, !isCancelled, context.deadline.remaining > .zero else {
                    return gate.leave(permit, succeeded: false)
                }
                queue.removeFirst()
                begin([(index, permit)], deliver)
            case .failure(let error) where error.kind == .cancelled && !isCancelled:
                // The task left the line because of a pause that was too long for the requests waiting then.
                return
            case .failure(let error):
                // A pause that is too long, or a cancellation, ends all requests that are not running.
                finishWaiting(deliver) { _ in .failure(error) }
            }
        case .mayBegin(let index):
            timers[index] = nil
            sendLater(index, deliver)
        case .mayRetry(let index):
            timers[index] = nil
            if !items[index].isFinal { queue.append(index) }
        case .ended(let index, let outcome): ended(index, outcome, deliver)
        case .cancelled:
            isCancelled = true
            admission?.cancel()
            for timer in timers.values { timer.cancel() }
            for cancel in cancellations { cancel(nil) }
            let error = TransportError(.request, .cancelled, "the caller gave up")
            // Running requests end with the transport's own error.
            for index in items.indices where !items[index].isFinal && items[index].permit == nil {
                finish(index, .failure(error), deliver)
            }
            queue = []
            next = items.count
        }
    }

    private mutating func finish(_ index: Int, _ outcome: Outcome, _ deliver: (Int, Outcome) -> Void) {
        guard !items[index].isFinal else { return }
        items[index].isFinal = true
        unfinished -= 1
        deliver(index, outcome)
    }

    /// Ends the queued requests, and those that are not queued yet.
    private mutating func finishWaiting(_ deliver: (Int, Outcome) -> Void, with outcome: (Item) -> Outcome) {
        let waiting = queue + (next..<items.count)
        queue = []
        next = items.count
        for index in waiting { finish(index, outcome(items[index]), deliver) }
    }

    // MARK: - Attempts

    /// Starts as many queued requests as the gate admits, and waits at the gate for the next one.
    private mutating func beginQueued(_ deliver: (Int, Outcome) -> Void) {
        // A request that ends without being sent frees its place in the window without an event, so the loop checks
        // again.
        var before = 0
        repeat {
            before = unfinished
            beginWindow(deliver)
        } while unfinished > 0 && unfinished < before
    }

    private mutating func beginWindow(_ deliver: (Int, Outcome) -> Void) {
        // A service that does not respond should be detected before all requests of a long list are sent.
        let open = next - (items.count - unfinished)
        let end = min(items.count, next + max(0, Self.window - open))
        if next < end {
            queue += next..<end
            next = end
        }
        guard !queue.isEmpty else { return }
        guard context.deadline.remaining > .zero else {
            finishWaiting(deliver) { item in
                item.last ?? .failure(TransportError(.request, .timedOut, "the time for this mount is used up"))
            }
            return
        }
        guard admission == nil else { return }
        var admitted: [(Int, RequestGate.Permit)] = []
        switch gate.enterNow(context, upTo: queue.count) {
        case .failure(let error): return finishWaiting(deliver) { _ in .failure(error) }
        case .success(let permits):
            admitted = Array(zip(queue, permits))
            queue.removeFirst(permits.count)
        }
        begin(admitted, deliver)
        guard !queue.isEmpty, admission == nil else { return }
        admission = Task { [gate, context, inbox] in
            do throws(TransportError) {
                inbox.append(.admitted(.success(try await gate.enter(context))))
            } catch {
                inbox.append(.admitted(.failure(error)))
            }
        }
    }

    private mutating func begin(_ admitted: [(Int, RequestGate.Permit)], _ deliver: (Int, Outcome) -> Void) {
        var ready: [Int] = []
        for (index, permit) in admitted {
            if context.withdrawal?.isWithdrawn == true {
                gate.leave(permit, succeeded: false)
                let error = TransportError(.request, .withdrawn, "the request is not wanted any more")
                finish(index, items[index].last ?? .failure(error), deliver)
                continue
            }
            items[index].permit = permit
            items[index].attempts += 1
            if permit.delay > .zero {
                after(permit.delay, index, .mayBegin(index))
            } else {
                ready.append(index)
            }
        }
        send(ready)
    }

    /// Starts an admitted request whose delay is over.
    private mutating func sendLater(_ index: Int, _ deliver: (Int, Outcome) -> Void) {
        guard isCancelled, let permit = items[index].permit else { return send([index]) }
        items[index].permit = nil
        gate.leave(permit, succeeded: false)
        finish(index, .failure(TransportError(.request, .cancelled, "the caller gave up")), deliver)
    }

    private mutating func send(_ indices: [Int]) {
        guard !indices.isEmpty else { return }
        let timeout = min(policy.attemptTimeout, context.deadline.remaining)
        let cancel = transport.begin(indices.map { items[$0].request }, timeout: timeout) { [inbox] position, outcome in
            inbox.append(.ended(indices[position], outcome))
        }
        cancellations.append(cancel)
        if isCancelled { cancel(nil) }
    }

    private mutating func ended(_ index: Int, _ outcome: Outcome, _ deliver: (Int, Outcome) -> Void) {
        guard let permit = items[index].permit else { return }
        items[index].permit = nil
        items[index].last = outcome
        if policy.isSuccess(outcome) {
            gate.leave(permit, succeeded: true)
            return finish(index, outcome, deliver)
        }
        let number = items[index].attempts
        let pause = policy.pause(after: outcome, attempt: number, time)
        let isThrottled = policy.isThrottled(outcome)
        if isThrottled { gate.throttle(permit, pause: pause) }
        gate.leave(permit, succeeded: false)
        if isThrottled, case .failure(let error) = gate.enterNow(context, upTo: 0) {
            // The other requests would wait at the gate for longer than they have time.
            admission?.cancel()
            finishWaiting(deliver) { _ in .failure(error) }
        }
        guard number < policy.attempts, policy.isRetried(outcome), !isCancelled,
            // A delay past the deadline is useless: the response that arrived is more informative than a timeout.
            pause < context.deadline.remaining
        else { return finish(index, outcome, deliver) }
        // The gate itself delays a namespace that the service has asked to wait.
        if isThrottled || pause <= .zero {
            queue.append(index)
        } else {
            after(pause, index, .mayRetry(index))
        }
    }

    private mutating func after(_ pause: Duration, _ index: Int, _ event: Event) {
        timers[index] = Task { [time, inbox] in
            // A cancelled delay ends early. The run has ended then, or notices the cancellation itself.
            try? await time.sleep(pause)
            inbox.append(event)
        }
    }
}
