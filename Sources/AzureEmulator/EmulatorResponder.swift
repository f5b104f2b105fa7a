internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Sends each request to the service that its host belongs to: a vault, or Entra and the cluster's
/// issuer.
struct EmulatorResponder: HTTPResponder {
    typealias Context = EmulatorContext

    let vaults: VaultResponder
    let entra: EntraDirectory
    let clock: EmulatorClock
    let calls: CallLog
    let gate: FaultGate
    let recorder: RequestRecorder

    func respond(to request: Request, context: EmulatorContext) async throws -> Response {
        let authority = request.head.authority ?? ""
        return try await recorder.record(request, host: authority) { note in
            try await answer(to: request, context: context, authority, note)
        }
    }

    private func answer(
        to request: Request, context: EmulatorContext, _ authority: String, _ note: RequestNote
    ) async throws -> Response {
        let path = request.uri.path.split(separator: "/").compactMap { $0.removingPercentEncoding }
        let vault = VaultHosts.vault(in: authority)
        if vault == nil, request.method == .post { calls.add(\.tokens) }
        // The cluster's token proxy is told apart by this prefix of its URL.
        let service: FaultTarget.Service =
            vault.map { .vault($0.name) } ?? (path.first == "token-proxy" ? .tokenProxy : .entra)
        var response: Response
        do {
            response = try await gate.respond(to: request, of: service, context: context) { request, clock in
                if let vault {
                    let response = try await vaults.judging(by: clock).respond(
                        to: request, authority: authority, vaultName: vault.name, resource: vault.resource, path: path,
                        note: note)
                    calls.add(response.status == .unauthorized ? \.unauthorized : \.vault)
                    return response
                }
                return try await respondAsEntra(
                    to: request, authority: authority, path: path, entra.judging(by: clock), note)
            }
        } catch let refusal as EntraDirectory.Refusal {
            response = try Answer.entraError(refusal, now: clock.now)
        }
        if let id = request.headers[.xMsClientRequestID] { response.headers[.xMsClientRequestID] = id }
        return response
    }

    private func respondAsEntra(
        to request: Request, authority: String, path: [String], _ entra: EntraDirectory, _ note: RequestNote
    ) async throws -> Response {
        if request.method == .get, path.suffix(2) == [".well-known", "openid-configuration"],
            TokenEndpoints.metadata(at: path, authority: authority) == nil
        {
            return try Answer.json(entra.cluster.discovery)
        }
        if request.method == .get, path.suffix(3) == ["openid", "v1", "jwks"] {
            return try Answer.json(entra.cluster.jwks)
        }
        let throughProxy = path.first == "token-proxy"
        let path = throughProxy ? Array(path.dropFirst()) : path
        if request.method == .get, let metadata = TokenEndpoints.metadata(at: path, authority: authority) {
            try entra.demandTenant(path[0])
            return try Answer.json(metadata)
        }
        if request.method == .get, path == ["common", "discovery", "instance"] {
            return try Answer.json(TokenEndpoints.discovery(authority: authority))
        }
        if request.method == .post, let tenant = TokenEndpoints.tenant(of: path) {
            let form = Self.form(String(buffer: try await request.body.collect(upTo: 1 << 20)))
            let client = form["client_id"]?.lowercased()
            note.set(who: entra.identities.first { $0.clientID.lowercased() == client }?.name ?? "")
            return try Answer.json(
                try await entra.token(
                    tenant: tenant, endpoint: "https://\(authority)/\(path.joined(separator: "/"))",
                    form: form, throughProxy: throughProxy))
        }
        return try Answer.json(["error": "not_found"], status: .notFound)
    }

    private static func form(_ body: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in body.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func decode(_ text: Substring) -> String {
                text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? ""
            }
            fields[decode(parts[0])] = parts.count == 2 ? decode(parts[1]) : ""
        }
        return fields
    }
}
