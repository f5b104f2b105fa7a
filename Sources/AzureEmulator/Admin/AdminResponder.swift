internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Answers the requests to the emulator's controls and to their page: plain HTTP on a port of its own, on
/// loopback, and never under the name of a vault.
struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    static let unknownControl = EmulatorError("this control does not exist")
    private static let maximumBodyBytes = 1 << 20

    let store: StateStore
    let cluster: ClusterIssuer
    let clock: EmulatorClock
    let calls: CallCounter
    let faults: FaultRegistry
    let requests: RequestLog
    let connection: Shared<ConnectionSummary>

    private struct FaultForms: Encodable {
        var kinds: [FaultForm]
        /// The keys that all kinds have.
        var schedule: [FaultForm.Field]
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        if let reason = AdminGuard.refusalReason(for: request.head) { return try errorResponse(.forbidden, reason) }
        let path = request.uri.path.split(separator: "/").compactMap { $0.removingPercentEncoding }
        do {
            if request.method == .get, let page = AdminPage.file(path) { return page }
            return AdminPage.withSecurityHeaders(try await controlResponse(to: request, path))
        } catch let error as VaultError {
            return try errorResponse(error.status, error.message)
        } catch let error as CertificateInputError {
            return try errorResponse(.badRequest, error.description)
        } catch let error as EmulatorError {
            return try errorResponse(error.kind == .notFound ? .notFound : .badRequest, error.description)
        }
    }

    private func controlResponse(to request: Request, _ path: [String]) async throws -> Response {
        switch (request.method, path.first, path.count) {
        case (.get, "calls", 1): return try .json(encoding: calls.current)
        case (.delete, "calls", 1):
            calls.reset()
            return try .json(encoding: calls.current)
        case (.get, "requests", 1):
            let last = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
            return try .json(encoding: requests.page(after: last))
        case (.get, "fault-kinds", 1): return try .json(encoding: Fault.Kind.allCases.map(\.rawValue))
        case (.get, "faults", 1): return try .json(encoding: faults.entries)
        case (.post, "faults", 1): return try addFaults(try Fault.list(yaml: try await Self.body(of: request)))
        case (.post, "schedule", 1):
            return try addFaults(try FaultSchedule(yaml: try await Self.body(of: request)).faults)
        case (.delete, "faults", 1):
            faults.clear()
            return try .json(encoding: faults.entries)
        case (.delete, "faults", 2):
            guard let id = Int(path[1]), faults.clear(id) else {
                throw EmulatorError.notFound("no fault \(path[1])")
            }
            return try .json(encoding: faults.entries)
        case (_, "vaults", _):
            return try await AdminVaults(store: store, clock: clock).respond(to: request, Array(path.dropFirst()))
        case (_, "identities", _):
            return try await AdminIdentities(store: store, cluster: cluster).respond(
                to: request, Array(path.dropFirst()))
        case (.get, "roles", 1): return try .json(encoding: VaultRoles.names)
        case (_, "clock", 1): return try await AdminClock(clock: clock).respond(to: request)
        case (.get, "connection", 1): return try .json(encoding: connection.value)
        case (.get, "fault-forms", 1):
            return try .json(encoding: FaultForms(kinds: FaultForm.all, schedule: FaultForm.schedule))
        case (.post, "api", 7) where path[1...2] == ["v1", "namespaces"] && path[4] == "serviceaccounts":
            return try await issueToken(namespace: path[3], serviceAccount: path[5], request)
        default: return try errorResponse(.notFound, Self.unknownControl.description)
        }
    }

    /// The body of a request as text.
    static func body(of request: Request) async throws -> String {
        String(buffer: try await request.body.collect(upTo: maximumBodyBytes))
    }

    private func addFaults(_ added: [Fault]) throws -> Response {
        try .json(encoding: AddedFaults(ids: added.map { faults.add($0) }), status: .created)
    }

    /// Issues a service-account token like the TokenRequest API of Kubernetes.
    private func issueToken(namespace: String, serviceAccount: String, _ request: Request) async throws -> Response {
        let body = try await Self.body(of: request)
        guard let tokenRequest = JSON.decode(TokenRequest.self, from: Data(body.utf8)) else {
            throw EmulatorError("a TokenRequest is expected")
        }
        let lifetime = tokenRequest.spec?.expirationSeconds ?? 3600
        let token = try await cluster.token(
            namespace: namespace, serviceAccount: serviceAccount,
            audiences: tokenRequest.spec?.audiences ?? [FederatedCredential.defaultAudience], lifetime: lifetime,
            now: clock.seconds)
        let expiry = clock.now.addingTimeInterval(TimeInterval(lifetime)).formatted(.iso8601)
        return try .json(
            encoding: TokenRequest(status: TokenRequest.Status(token: token, expirationTimestamp: expiry)),
            status: .created)
    }

    private func errorResponse(_ status: HTTPResponse.Status, _ message: String) throws -> Response {
        AdminPage.withSecurityHeaders(try .json(encoding: AdminError(message: message), status: status))
    }
}
