internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Answers the HTTP requests to Entra's hosts, to the built-in cluster's issuer and to the token proxy.
struct EntraResponder: Sendable {
    /// The first path segment of the URLs of the cluster's token proxy.
    static let proxyPrefix = "token-proxy"

    var directory: EntraDirectory

    /// The same responder with another clock.
    func using(_ clock: EmulatorClock) -> EntraResponder {
        EntraResponder(directory: directory.using(clock))
    }

    /// `authority` is the host, with its port, that the client asked; `path` the segments of the URL's path.
    /// Throws an `EntraError` if Entra would refuse the request.
    func respond(
        to request: Request, authority: String, path: [String], note: CallerNote
    ) async throws -> Response {
        if request.method == .get, path.suffix(2) == [".well-known", "openid-configuration"],
            TokenEndpoints.metadata(at: path, authority: authority) == nil
        {
            return try .json(directory.cluster.discovery)
        }
        if request.method == .get, path.suffix(3) == ["openid", "v1", "jwks"] {
            return .json(bytes: try await directory.cluster.keySet(), status: .ok)
        }
        let isThroughProxy = path.first == Self.proxyPrefix
        let path = isThroughProxy ? Array(path.dropFirst()) : path
        if request.method == .get, let metadata = TokenEndpoints.metadata(at: path, authority: authority) {
            try directory.checkTenant(path[0])
            return try .json(metadata)
        }
        if request.method == .get, path == ["common", "discovery", "instance"] {
            return try .json(TokenEndpoints.discovery(authority: authority))
        }
        if request.method == .post, let tenant = TokenEndpoints.tenant(at: path) {
            let form = Self.form(String(buffer: try await request.body.collect(upTo: 1 << 20)))
            let clientID = form["client_id"] ?? ""
            note.set(identity: directory.identities.first { $0.hasClientID(clientID) }?.name ?? "")
            return try .json(
                try await directory.respond(
                    to: EntraTokenRequest(
                        tenant: tenant, endpoint: "https://\(authority)/\(path.joined(separator: "/"))", form: form,
                        isThroughProxy: isThroughProxy)))
        }
        return try .json(["error": "not_found"], status: .notFound)
    }

    /// The fields of a form in the body of a request (`application/x-www-form-urlencoded`).
    static func form(_ body: String) -> [String: String] {
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
