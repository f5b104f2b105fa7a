internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Handles each request to a service before the service does: counts it, delays it, and misbehaves if a
/// fault strikes.
struct FaultGate: Sendable {
    /// The time for which the fault `hang` keeps a connection open; longer than any client waits.
    static let hangLimit = Duration.seconds(600)

    /// Responds to a request as the service, by the given clock.
    typealias ServiceResponder = (Request, EmulatorClock) async throws -> Response

    let faults: FaultRegistry
    let calls: CallCounter
    let clock: EmulatorClock
    /// The delay before each response, whether a fault strikes or not.
    let latency: Duration

    /// `responder` responds if no fault prevents it.
    func respond(
        to request: Request, of service: EmulatedService, on channel: any Channel,
        with responder: ServiceResponder
    ) async throws -> Response {
        let path = request.uri.path.split(separator: "/").joined(separator: "/")
        let call = ServiceCall(service: service, stage: .request, method: "\(request.method)", path: "/" + path)
        let classes = call.classes
        calls.begin(classes)
        defer { calls.end(classes) }
        let effect = faults.effect(on: call)
        try await channel.eventLoop.wait(for: latency + effect.delay)
        guard let fault = effect.fault else { return try await responder(request, clock) }
        return try await misbehave(by: fault, to: request, on: channel, instead: responder)
    }

    private func misbehave(
        by fault: Fault, to request: Request, on channel: any Channel, instead responder: ServiceResponder
    ) async throws -> Response {
        switch fault.kind {
        case .hang:
            try await channel.waitUntilClosed(limit: Self.hangLimit)
            throw ConnectionEndedError()
        case .reset:
            await channel.abort()
            throw ConnectionEndedError()
        case .close:
            try await channel.close()
            throw ConnectionEndedError()
        case .status: return try FaultResponse.status(fault, now: clock.now)
        case .html: return FaultResponse.html(fault)
        case .redirect: return FaultResponse.redirect(fault, request)
        case .propagation: throw FaultResponse.propagation
        case .tokenRejected, .foreignChallenge:
            // A vault refuses a request without a token in the same way.
            var head = request.head
            head.headerFields[.authorization] = nil
            let unauthorized = try await responder(Request(head: head, body: request.body), clock)
            return fault.kind == .tokenRejected
                ? unauthorized : FaultResponse.foreignChallenge(fault, in: unauthorized)
        case .clockSkew: return try await responder(request, clock.ahead(by: fault.skew.inSeconds))
        default:
            return try await FaultDelivery.damage(try await responder(request, clock), by: fault, on: channel)
        }
    }
}
