/// The one retry loop: bounded in attempts and by the mount's deadline, with jitter, and obedient to
/// the service's own hints.
package struct RetryPolicy: Sendable {
    package var attempts = 4
    package var base = Duration.milliseconds(800)
    package var cap = Duration.seconds(10)
    /// How long one attempt may take.
    package var attemptTimeout = Duration.seconds(15)
    /// Statuses after which the same request may succeed.
    package var retriedStatuses: Set<Int> = [408, 429, 500, 502, 503, 504]

    package init() {}

    /// Sends `request` until an answer is final, and returns that answer whatever its status. Throws
    /// only when there was none.
    package func send(
        _ request: HTTPRequest,
        over transport: any HTTPTransport,
        through gate: RequestGate,
        _ context: RequestContext,
        time: TimeSource
    ) async throws(TransportError) -> HTTPResponse {
        let deadline = context.deadline
        var number = 1
        while true {
            guard deadline.remaining > .zero else {
                throw TransportError(.request, .timedOut, "the time for this mount is used up")
            }
            let permit = try await gate.enter(context)
            if context.withdrawal?.isWithdrawn == true {
                gate.leave(permit, succeeded: false)
                throw TransportError(.request, .withdrawn, "the request is not wanted any more")
            }
            let outcome = await attempt(request, over: transport, after: permit.delay, until: deadline, time)
            let delay = hint(in: outcome, now: time.wallClock()) ?? pause(after: outcome, number, time)
            let isThrottled = status(of: outcome) == 429
            if isThrottled { gate.throttle(permit, pause: delay) }
            gate.leave(permit, succeeded: status(of: outcome).map { $0 < 400 } ?? false)
            guard number < attempts, isRetried(outcome) else { return try outcome.get() }
            // A wait past the deadline is pointless: the answer at hand says more than a time-out would.
            guard delay < deadline.remaining else { return try outcome.get() }
            // The gate holds back a namespace that the service has asked to wait.
            if !isThrottled, delay > .zero { try await sleep(delay, time) }
            number += 1
        }
    }

    private func attempt(
        _ request: HTTPRequest, over transport: any HTTPTransport, after delay: Duration, until deadline: Deadline,
        _ time: TimeSource
    ) async -> Result<HTTPResponse, TransportError> {
        do throws(TransportError) {
            if delay > .zero { try await sleep(delay, time) }
            return .success(try await transport.send(request, timeout: min(attemptTimeout, deadline.remaining)))
        } catch {
            return .failure(error)
        }
    }

    private func sleep(_ duration: Duration, _ time: TimeSource) async throws(TransportError) {
        do throws(CancellationError) {
            try await time.sleep(duration)
        } catch {
            throw TransportError(.request, .cancelled, "the caller gave up")
        }
    }

    private func status(of outcome: Result<HTTPResponse, TransportError>) -> Int? {
        if case .success(let response) = outcome { response.status } else { nil }
    }

    private func isRetried(_ outcome: Result<HTTPResponse, TransportError>) -> Bool {
        switch outcome {
        case .success(let response): retriedStatuses.contains(response.status)
        case .failure(let failure): failure.kind == .transient || failure.kind == .timedOut
        }
    }

    private func pause(
        after outcome: Result<HTTPResponse, TransportError>, _ number: Int, _ time: TimeSource
    ) -> Duration {
        if number == 1, case .failure(let failure) = outcome, failure.isLostConnection { return .zero }
        return backoff(number, time)
    }

    /// Exponential with full jitter, but never less than a fifth, so that a burst spreads.
    private func backoff(_ attempt: Int, _ time: TimeSource) -> Duration {
        let ceiling = min(cap, base * (1 << (attempt - 1)))
        return ceiling * (0.2 + 0.8 * time.random())
    }

    private func hint(in outcome: Result<HTTPResponse, TransportError>, now: Int) -> Duration? {
        guard case .success(let response) = outcome else { return nil }
        return RetryHint.delay(in: response, now: now)
    }
}

/// The three ways in which Azure's services say how long to wait.
package enum RetryHint {
    package static func delay(in response: HTTPResponse, now: Int) -> Duration? {
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            if let text = response.header(name), let milliseconds = Int(text), (1...86_400_000).contains(milliseconds) {
                return .milliseconds(milliseconds)
            }
        }
        guard let text = response.header("retry-after") else { return nil }
        if let seconds = Int(text) { return (1...86_400).contains(seconds) ? .seconds(seconds) : nil }
        guard let date = HTTPDate.seconds(text), date > now, date - now <= 86_400 else { return nil }
        return .seconds(date - now)
    }
}
