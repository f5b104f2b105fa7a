internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Passes each request to the service that its host belongs to: a vault, or Entra with the built-in
/// cluster's issuer and token proxy.
struct AzureResponder: HTTPResponder {
    typealias Context = ConnectionContext

    let vaults: VaultResponder
    let entra: EntraResponder
    let clock: EmulatorClock
    let calls: CallCounter
    let gate: FaultGate
    let recorder: RequestRecorder

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let authority = request.head.authority ?? ""
        return try await recorder.record(request, host: authority) { note in
            let path = request.uri.path.split(separator: "/").compactMap { $0.removingPercentEncoding }
            var response: Response
            do {
                response = try await dispatch(request, authority: authority, path: path, context: context, note: note)
            } catch let error as EntraError {
                response = try error.response(now: clock.now)
            }
            if let id = request.headers[.xMsClientRequestID] { response.headers[.xMsClientRequestID] = id }
            return response
        }
    }

    private func dispatch(
        _ request: Request, authority: String, path: [String], context: ConnectionContext, note: CallerNote
    ) async throws -> Response {
        if let vault = AzureHosts.vault(at: authority) {
            let address = VaultResponder.Address(
                authority: authority, vaultName: vault.name, resource: vault.resource, path: path)
            return try await gate.respond(
                to: request, of: .vault(vault.name), on: context.channel
            ) { request, clock in
                let response = try await vaults.using(clock).respond(to: request, at: address, note: note)
                calls.increment(response.status == .unauthorized ? \.unauthorized : \.vault)
                return response
            }
        }
        if request.method == .post { calls.increment(\.tokens) }
        // Only the path tells the token proxy from Entra.
        let service: EmulatedService = path.first == EntraResponder.proxyPrefix ? .tokenProxy : .entra
        return try await gate.respond(to: request, of: service, on: context.channel) { request, clock in
            try await entra.using(clock).respond(to: request, authority: authority, path: path, note: note)
        }
    }
}
