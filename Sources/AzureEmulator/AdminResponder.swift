internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The emulator's own controls, in plain HTTP on loopback and never under a vault's name.
struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let store: StateStore
    let cluster: ClusterIssuer
    let clock: EmulatorClock
    let calls: CallLog
    let faults: FaultBook
    let requests: RequestLog

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = request.uri.path.split(separator: "/").compactMap { $0.removingPercentEncoding }
        switch (request.method, path.first, path.count) {
        case (.get, "calls", 1): return try json(calls.current)
        case (.delete, "calls", 1):
            calls.reset()
            return try json(calls.current)
        case (.get, "faults", 1): return try json(faults.entries)
        case (.post, "faults", 1): return try await addFaults(request) { try Fault.list(yaml: $0) }
        case (.post, "schedule", 1): return try await addFaults(request) { try FaultSchedule(yaml: $0).faults }
        case (.delete, "faults", 1):
            faults.clear()
            return try json(faults.entries)
        case (.delete, "faults", 2):
            guard let id = Int(path[1]), faults.clear(id) else { return try problem(.notFound, "no fault \(path[1])") }
            return try json(faults.entries)
        case (.put, "vaults", 4) where path[2] == "secrets":
            return try await set(path[3], in: path[1], request)
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

    private func set(_ name: String, in vault: String, _ request: Request) async throws -> Response {
        let value = String(buffer: try await request.body.collect(upTo: 1 << 20))
        let version = try store.change(vault) { try $0.setSecret(name, value, now: clock.seconds) }
        return try Answer.json(["version": version])
    }

    /// Faults as a seed or a schedule writes them; JSON is YAML too. All or none.
    private func addFaults(
        _ request: Request, reading: (String) throws -> [Fault]
    ) async throws -> Response {
        let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
        do {
            let ids = try reading(text).map { faults.add($0) }
            return try Answer.json(["ids": ids], status: .created)
        } catch let error as Seed.Invalid {
            return try problem(.badRequest, error.description)
        }
    }

    /// Kubernetes' TokenRequest, so that a token comes here the way it comes in a cluster.
    private func mint(namespace: String, serviceAccount: String, _ request: Request) async throws -> Response {
        struct TokenRequest: Decodable {
            struct Spec: Decodable {
                var audiences: [String]?
                var expirationSeconds: Int?
            }
            var spec: Spec?
        }
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
            [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                "status": ["token": token, "expirationTimestamp": expiry],
            ], status: .created)
    }

    private func json(_ value: some Encodable) throws -> Response {
        let data = try JSONEncoder().encode(value)
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }

    private func problem(_ status: HTTPResponse.Status, _ text: String) throws -> Response {
        try Answer.json(["message": text], status: status)
    }
}
