internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The emulator's own controls and its page for browsers, in plain HTTP on loopback and never under a
/// vault's name.
struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    static let maximumBodyBytes = 1 << 20

    let store: StateStore
    let cluster: ClusterIssuer
    let clock: EmulatorClock
    let calls: CallLog
    let faults: FaultBook
    let requests: RequestLog

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        if let refusal = AdminGuard.refusal(of: request.head) { return try problem(.forbidden, refusal) }
        let path = request.uri.path.split(separator: "/").compactMap { $0.removingPercentEncoding }
        do {
            if request.method == .get, let page = AdminPage.file(path) { return page }
            let response = try await control(request, path)
            return AdminPage.guarded(response)
        } catch let refusal as VaultRefusal {
            return try problem(refusal.status, refusal.message)
        } catch let missing as StateStore.Missing {
            return try problem(.notFound, missing.description)
        } catch let error as Seed.Invalid {
            return try problem(.badRequest, error.description)
        }
    }

    private func control(_ request: Request, _ path: [String]) async throws -> Response {
        switch (request.method, path.first, path.count) {
        case (.get, "calls", 1): return try Answer.json(of: calls.current)
        case (.delete, "calls", 1):
            calls.reset()
            return try Answer.json(of: calls.current)
        case (.get, "requests", 1):
            return try Answer.json(
                of: requests.page(after: request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0))
        case (.get, "fault-kinds", 1): return try Answer.json(of: Fault.Kind.allCases.map(\.rawValue))
        case (.get, "faults", 1): return try Answer.json(of: faults.entries)
        case (.post, "faults", 1): return try await addFaults(request) { try Fault.list(yaml: $0) }
        case (.post, "schedule", 1): return try await addFaults(request) { try FaultSchedule(yaml: $0).faults }
        case (.delete, "faults", 1):
            faults.clear()
            return try Answer.json(of: faults.entries)
        case (.delete, "faults", 2):
            guard let id = Int(path[1]), faults.clear(id) else { return try problem(.notFound, "no fault \(path[1])") }
            return try Answer.json(of: faults.entries)
        case (_, "vaults", _):
            return try await AdminVaults(store: store, clock: clock).respond(to: request, Array(path.dropFirst()))
        case (_, "identities", _):
            return try await AdminIdentities(store: store, cluster: cluster).respond(
                to: request, Array(path.dropFirst()))
        case (.get, "roles", 1): return try Answer.json(of: VaultRoles.names)
        case (.post, "clock", 1):
            let body = String(buffer: try await request.body.collect(upTo: 100))
            guard let seconds = TimeInterval(body) else { return try problem(.badRequest, "seconds expected") }
            clock.advance(by: seconds)
            return try Answer.json(["now": clock.seconds])
        case (.post, "api", 7) where path[1...2] == ["v1", "namespaces"] && path[4] == "serviceaccounts":
            return try await mint(namespace: path[3], serviceAccount: path[5], request)
        default: return try problem(.notFound, "no such control")
        }
    }

    /// Faults as a seed or a schedule writes them; JSON is YAML too. All or none.
    private func addFaults(
        _ request: Request, reading: (String) throws -> [Fault]
    ) async throws -> Response {
        let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
        let ids = try reading(text).map { faults.add($0) }
        return try Answer.json(of: AddedFaults(ids: ids), status: .created)
    }

    /// Kubernetes' TokenRequest, so that a token comes here the way it comes in a cluster.
    private func mint(namespace: String, serviceAccount: String, _ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        guard let wanted = try? JSONDecoder().decode(TokenRequest.self, from: Data(body.readableBytesView)) else {
            return try problem(.badRequest, "a TokenRequest is expected")
        }
        let lifetime = wanted.spec?.expirationSeconds ?? 3600
        let token = try await cluster.token(
            namespace: namespace, serviceAccount: serviceAccount,
            audiences: wanted.spec?.audiences ?? [EntraDirectory.federationAudience], lifetime: lifetime,
            now: clock.seconds)
        let expiry = ISO8601DateFormatter().string(from: clock.now.addingTimeInterval(TimeInterval(lifetime)))
        return try Answer.json(
            of: TokenRequest(status: TokenRequest.Status(token: token, expirationTimestamp: expiry)), status: .created)
    }

    private func problem(_ status: HTTPResponse.Status, _ text: String) throws -> Response {
        AdminPage.guarded(try Answer.json(of: AdminProblem(message: text), status: status))
    }
}
