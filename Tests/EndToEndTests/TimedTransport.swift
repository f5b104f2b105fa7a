import Azure
import AzureEmulator
import AzureTestSupport

/// The HTTP client of a provider whose clock is a `ManualTime`.
///
/// A request without a response of the emulator times out immediately, and the clock moves by the timeout. All other
/// requests may take any time, so a busy machine does not change a result.
struct TimedTransport: HTTPTransport {
    let base: any HTTPTransport
    let time: ManualTime
    let faults: FaultRegistry

    private enum Outcome {
        case ended(Result<HTTPResponse, TransportError>)
        case leftWaiting
    }

    /// A bound that only hanging tests reach.
    private static let limit = Duration.seconds(900)

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        let strikes = faults.strikes()
        let outcome = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do throws(TransportError) {
                    return .ended(.success(try await base.send(request, timeout: Self.limit)))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask {
                for await fault in strikes where Self.leavesWaiting(fault) { return .leftWaiting }
                return nil
            }
            defer { group.cancelAll() }
            for await outcome in group {
                if let outcome { return outcome }
            }
            return .leftWaiting
        }
        switch outcome {
        case .ended(let result): return try result.get()
        case .leftWaiting:
            time.advance(timeout)
            throw TransportError(.request, .timedOut, "no answer within \(timeout)")
        }
    }

    /// Whether `fault` prevents a service from ending its response. The HTTP client itself notices a proxy that hangs,
    /// after it has waited for the connection.
    private static func leavesWaiting(_ fault: String) -> Bool {
        let words = fault.split(separator: " ")
        guard !words.contains(where: { $0.hasPrefix("target=proxy") }) else { return false }
        return words.first == "hang" || words.first == "drip" && !words.contains { $0.hasPrefix("size=") }
    }
}
