import Azure
import SecretMemory
import Synchronization

/// A network that gives the answers it was told to, in order, and keeps what was sent.
final class ScriptedTransport: HTTPTransport {
    typealias Step = Result<HTTPResponse, TransportError>

    private let state: Mutex<(steps: [Step], requests: [HTTPRequest])>

    init(_ steps: [Step]) {
        state = Mutex((steps, []))
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        let step = state.withLock { state -> Step? in
            state.requests.append(request)
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
        guard let step else { throw TransportError(.request, .final, "the script has ended") }
        return try step.get()
    }

    static func answer(_ status: Int, _ body: String = "{}", _ headers: [(name: String, value: String)] = []) -> Step {
        .success(HTTPResponse(status: status, headers: headers, body: SecretBytes(body)))
    }
}

/// A clock that only moves when somebody sleeps, and keeps how long.
final class ManualTime: Sendable {
    private let state = Mutex((now: Duration.zero, sleeps: [Duration]()))

    var now: Duration { state.withLock { $0.now } }

    func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func source(wallClock: Int = 1_800_000_000) -> TimeSource {
        TimeSource(
            wallClock: { wallClock },
            elapsed: { self.state.withLock { $0.now } },
            sleep: { duration throws(CancellationError) in
                self.state.withLock { state in
                    state.now += duration
                    state.sleeps.append(duration)
                }
            },
            random: { 1 })
    }
}

extension TimeSource {
    /// A request that begins now.
    func context(
        _ namespace: String = "team", _ priority: RequestPriority = .firstMount, timeout: Duration = .seconds(60)
    ) -> RequestContext {
        RequestContext(namespace: namespace, priority: priority, deadline: deadline(after: timeout))
    }
}
