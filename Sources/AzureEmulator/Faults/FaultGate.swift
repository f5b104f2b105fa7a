internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Stands before a service: counts its calls, and misbehaves in its place when a fault strikes.
struct FaultGate: Sendable {
    /// Longer than any client waits.
    static let hangLimit = Duration.seconds(600)

    let faults: FaultBook
    let calls: CallLog
    let clock: EmulatorClock
    /// Before each answer, whatever the faults.
    let latency: Duration

    /// `answer` is the service; it is told by which clock to judge.
    func respond(
        to request: Request, of service: FaultTarget.Service, context: EmulatorContext,
        _ answer: (Request, EmulatorClock) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path.split(separator: "/").joined(separator: "/")
        let call = FaultBook.Call(service: service, stage: .request, method: "\(request.method)", path: "/" + path)
        let names = CallLog.classes(of: call)
        calls.begin(names)
        defer { calls.end(names) }
        let (delay, fault) = faults.strikes(call)
        try await Pause.wait(latency + delay, on: context.channel.eventLoop)
        guard let fault else { return try await answer(request, clock) }
        return try await respond(fault, request, context.channel, answer)
    }

    private func respond(
        _ fault: Fault, _ request: Request, _ channel: any Channel,
        _ answer: (Request, EmulatorClock) async throws -> Response
    ) async throws -> Response {
        switch fault.kind {
        case .hang:
            try await channel.waitUntilClosed(limit: Self.hangLimit)
            throw ConnectionEnded()
        case .reset:
            await channel.abort()
            throw ConnectionEnded()
        case .close:
            try await channel.close()
            throw ConnectionEnded()
        case .status: return try FaultAnswer.status(fault, now: clock.now)
        case .html: return FaultAnswer.html(fault)
        case .redirect: return FaultAnswer.redirect(fault, request)
        case .propagation: throw FaultAnswer.propagation
        case .tokenRejected, .foreignChallenge:
            var head = request.head
            head.headerFields[.authorization] = nil
            let refusal = try await answer(Request(head: head, body: request.body), clock)
            return fault.kind == .tokenRejected ? refusal : FaultAnswer.foreignChallenge(fault, refusal)
        case .clockSkew:
            return try await answer(request, EmulatorClock(following: clock, ahead: fault.skew.inSeconds))
        default: return try await FaultDelivery.spoil(try await answer(request, clock), fault, on: channel)
        }
    }
}
