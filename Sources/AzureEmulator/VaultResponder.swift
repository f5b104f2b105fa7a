internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Key Vault's data plane for one request.
struct VaultResponder: Sendable {
    private static let apiVersions: Set<String> = [
        "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01",
    ]
    private static let maximumBodyBytes = 1 << 20

    let store: StateStore
    let entra: EntraDirectory
    var clock: EmulatorClock

    /// The same data plane with another idea of now.
    func judging(by clock: EmulatorClock) -> VaultResponder {
        var copy = self
        copy.clock = clock
        return copy
    }

    func respond(
        to request: Request, authority: String, vaultName: String, resource: String, path: [String],
        note: RequestNote
    ) async throws -> Response {
        guard let vault = store.vault(vaultName) else {
            return try Answer.vaultError(.notFound, "VaultNotFound", "The vault \(vaultName) is not found.")
        }
        if path == ["healthstatus"] { return try Answer.json([:]) }
        let caller: VaultCaller
        switch try await authenticate(request, vault, resource) {
        case .success(let accepted): caller = accepted
        case .failure(let refused): return refused.response
        }
        note.set(who: caller.identity.name)
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { $1 })
        guard let version = query["api-version"], Self.isKnown(version) else {
            return try Answer.vaultError(
                .badRequest, "BadParameter", "The specified version is missing or not recognized.")
        }
        if request.method == .get, let bundle = vault.bundles[path.joined(separator: "/").lowercased()] {
            return Answer.text(bundle.body, status: bundle.status ?? 200)
        }
        do {
            let call = VaultCall(
                store: store, vault: vault, caller: caller, authority: authority, query: query,
                body: try await Self.body(of: request), clock: clock)
            return try call.respond(request.method, path)
        } catch let refusal as VaultRefusal {
            return try refusal.response()
        }
    }

    /// A version, or a preview of it such as `7.6-preview.2`.
    private static func isKnown(_ version: String) -> Bool {
        let parts = version.split(separator: "-preview", maxSplits: 1, omittingEmptySubsequences: false)
        return apiVersions.contains(String(parts[0]))
    }

    private static func body(of request: Request) async throws -> [String: Any] {
        guard request.method != .get else { return [:] }
        let bytes = try await request.body.collect(upTo: maximumBodyBytes)
        guard bytes.readableBytes > 0 else { return [:] }
        guard let body = try? JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any] else {
            throw VaultRefusal.badParameter("The request body is not a JSON object.")
        }
        return body.filter { !($0.value is NSNull) }
    }

    // MARK: - Who asks

    private struct Refused: Error {
        var response: Response
    }

    private func authenticate(
        _ request: Request, _ vault: Vault, _ resource: String
    ) async throws -> Result<VaultCaller, Refused> {
        func refuse(_ message: String) throws -> Result<VaultCaller, Refused> {
            let challenge =
                "Bearer authorization=\"https://login.microsoftonline.com/\(vault.tenantID)\", resource=\"\(resource)\""
            return .failure(
                Refused(
                    response: try Answer.vaultError(
                        .unauthorized, "Unauthorized", message, headers: [.wwwAuthenticate: challenge])))
        }
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else {
            return try refuse("AKV10000: Request is missing a Bearer or PoP token.")
        }
        guard let claims = await entra.claims(of: String(header.dropFirst("Bearer ".count))) else {
            return try refuse("AKV10001: The token cannot be validated.")
        }
        guard claims.exp > clock.seconds else {
            return try refuse("[TokenExpired] Error validating token: the token has expired.")
        }
        guard claims.aud.lowercased() == resource else {
            return try refuse("AKV10022: Invalid audience. Expected \(resource), found: \(claims.aud).")
        }
        guard claims.tid.lowercased() == vault.tenantID.lowercased() else {
            return try refuse(
                "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/\(vault.tenantID)/, found \(claims.iss)."
            )
        }
        guard let identity = entra.identities.first(where: { $0.clientID == claims.appid }) else {
            return try refuse("AKV10001: The token's application is unknown.")
        }
        return .success(
            VaultCaller(identity: identity, description: "appid=\(claims.appid);oid=\(claims.oid);iss=\(claims.iss)"))
    }
}
