internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Stands before a service: counts its calls, and misbehaves in its place when a fault strikes.
struct FaultGate: Sendable {
    let faults: FaultBook
    let calls: CallLog
    /// Before each answer, whatever the faults.
    let latency: Duration

    func respond(
        to request: Request, of service: FaultTarget.Service, context: EmulatorContext,
        _ answer: (Fault?) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path.split(separator: "/").joined(separator: "/")
        let call = FaultBook.Call(service: service, stage: .request, method: "\(request.method)", path: "/" + path)
        let names = CallLog.classes(of: call)
        calls.begin(names)
        defer { calls.end(names) }
        let (delay, fault) = faults.strikes(call)
        try await Pause.wait(latency + delay, on: context.channel.eventLoop)
        return try await answer(fault)
    }
}
