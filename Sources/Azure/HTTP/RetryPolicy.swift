internal import SecretMemory

/// The rules for retries: a limited number of attempts within the mount's deadline, with random delays, and with the
/// delays that a service asks for.
package struct RetryPolicy: Sendable {
    package var attempts = 4
    package var base = Duration.milliseconds(800)
    package var cap = Duration.seconds(10)
    /// The timeout of one attempt.
    package var attemptTimeout = Duration.seconds(15)
    /// The statuses after which the same request may succeed.
    package var retriedStatuses: Set<Int> = [408, 429, 500, 502, 503, 504]

    package init() {}

    /// Sends `request` until its response is final, and returns the response regardless of its status. Throws only if
    /// no response arrived.
    package func send(
        _ request: HTTPRequest,
        over transport: any HTTPTransport,
        through gate: RequestGate,
        _ context: RequestContext,
        time: TimeSource
    ) async throws(TransportError) -> HTTPResponse {
        var outcome: Result<HTTPResponse, TransportError>?
        var run = RequestRun(self, over: transport, through: gate, context, time)
        await run.run([request]) { outcome = $1 }
        guard let outcome else { throw TransportError(.request, .cancelled, "the caller gave up") }
        return try outcome.get()
    }

    // MARK: - Rules

    func isThrottled(_ outcome: Result<HTTPResponse, TransportError>) -> Bool { status(of: outcome) == 429 }

    func isSuccess(_ outcome: Result<HTTPResponse, TransportError>) -> Bool {
        status(of: outcome).map { $0 < 400 } ?? false
    }

    func isRetried(_ outcome: Result<HTTPResponse, TransportError>) -> Bool {
        switch outcome {
        case .success(let response): retriedStatuses.contains(response.status)
        case .failure(let failure): failure.kind == .transient || failure.kind == .timedOut
        }
    }

    /// Returns the delay after the given attempt: the one that the service asks for, or one that grows with each
    /// attempt.
    func pause(after outcome: Result<HTTPResponse, TransportError>, attempt: Int, _ time: TimeSource) -> Duration {
        if let hint = hint(in: outcome, now: time.wallClock()) { return hint }
        if attempt == 1, case .failure(let failure) = outcome, failure.isLostConnection { return .zero }
        return backoff(attempt, time)
    }

    private func status(of outcome: Result<HTTPResponse, TransportError>) -> Int? {
        if case .success(let response) = outcome { response.status } else { nil }
    }

    /// Returns an exponential delay with full jitter, but at least a fifth of it, so that bursts spread out.
    private func backoff(_ attempt: Int, _ time: TimeSource) -> Duration {
        let ceiling = min(cap, base * (1 << (attempt - 1)))
        return ceiling * (0.2 + 0.8 * time.random())
    }

    private func hint(in outcome: Result<HTTPResponse, TransportError>, now: Int) -> Duration? {
        guard case .success(let response) = outcome else { return nil }
        return RetryHint.delay(in: response, now: now)
    }
}

/// Reads the delay that a response asks for, in the three forms that Azure's services use.
package enum RetryHint {
    package static func delay(in response: HTTPResponse, now: Int) -> Duration? {
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            if let text = response.header(name)?.trimmingSpace(), let milliseconds = Int(text),
                (1...86_400_000).contains(milliseconds)
            {
                return .milliseconds(milliseconds)
            }
        }
        guard let text = response.header("retry-after")?.trimmingSpace() else { return nil }
        if let seconds = Int(text) { return (1...86_400).contains(seconds) ? .seconds(seconds) : nil }
        guard let date = HTTPDate.seconds(text), date > now, date - now <= 86_400 else { return nil }
        return .seconds(date - now)
    }
}
