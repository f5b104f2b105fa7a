import Azure
import Foundation
import Kubernetes
import SecretMemory
import Synchronization
import TestSupport

/// A cluster's API server that keeps events and service accounts, and can be set to refuse.
final class FakeAPIServer: HTTPTransport {
    struct State {
        /// The events, by path.
        var events: [String: [String: any Sendable]] = [:]
        /// The annotations of service accounts, by `NAMESPACE/NAME`.
        var accounts: [String: [String: String]] = [:]
        var token = "token-1"
        /// The status of each response, instead of that of a success.
        var status: Int?
        var answer = "{}"
        var headers: [(name: String, value: String)] = []
        var isUnreachable = false
        /// The requests so far, as `METHOD PATH`.
        var calls: [String] = []
        var last: HTTPRequest?
        /// The number of requests that have ended.
        var answered = 0
        var onArrival: (@Sendable () async -> Void)?
    }

    let state = Mutex(State())
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("token-1\n".utf8, to: "token")
        try directory.write("authority".utf8, to: "ca.crt")
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var events: [[String: any Sendable]] {
        state.withLock { $0.events.sorted { $0.key < $1.key }.map(\.value) }
    }

    var calls: [String] { state.withLock { $0.calls } }

    func client(
        _ environment: [String: String] = ["KUBERNETES_SERVICE_HOST": "10.0.0.1"], time: TimeSource = .system
    ) throws -> KubernetesClient {
        KubernetesClient(configuration: try configuration(environment), transport: self, time: time)
    }

    func configuration(
        _ environment: [String: String] = ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]
    ) throws -> KubernetesClient.Configuration {
        try KubernetesClient.Configuration(environment: environment, directory: directory.path)
    }

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        defer { state.withLock { $0.answered += 1 } }
        let path = "/" + request.url.split(separator: "/").dropFirst(2).joined(separator: "/")
        let arrival = state.withLock { state in
            state.calls.append("\(request.method.rawValue) \(path)")
            state.last = request
            return state.onArrival
        }
        await arrival?()
        let bearer = request.bearer.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } }
        let body = request.body.map { $0.withExposed { Data($0) } } ?? Data("{}".utf8)
        let isUnreachable = state.withLock { $0.isUnreachable }
        guard !isUnreachable else { throw TransportError(.connect, .transient, "connection refused") }
        do {
            return try state.withLock { state in
                guard bearer == state.token else { return Self.status(401, "Unauthorized") }
                if let status = state.status {
                    return HTTPResponse(status: status, headers: state.headers, body: SecretBytes(state.answer))
                }
                guard let object = try JSONSerialization.jsonObject(with: body) as? [String: any Sendable] else {
                    return Self.status(400, "no object")
                }
                if let account = try Self.account(path, state) { return account }
                return Self.act(request.method, path, object, &state)
            }
        } catch {
            throw TransportError(.request, .final, "\(error)")
        }
    }

    private static func act(
        _ method: HTTPRequest.Method, _ path: String, _ object: [String: any Sendable], _ state: inout State
    ) -> HTTPResponse {
        switch method {
        case .get: return state.events[path] == nil ? status(404, "not found") : ok()
        case .post:
            let name = (object["metadata"] as? [String: any Sendable])?["name"] as? String ?? ""
            guard state.events["\(path)/\(name)"] == nil else { return status(409, "already exists") }
            state.events["\(path)/\(name)"] = object
        case .patch:
            guard state.events[path] != nil else { return status(404, "not found") }
            state.events[path]?.merge(object) { $1 }
        }
        return ok()
    }

    /// Nil for a service account that does not exist.
    private static func account(_ path: String, _ state: State) throws -> HTTPResponse? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 6, parts[4] == "serviceaccounts",
            let annotations = state.accounts["\(parts[3])/\(parts[5])"]
        else { return nil }
        let metadata: [String: Any] = ["namespace": parts[3], "name": parts[5], "annotations": annotations]
        let body = try JSONSerialization.data(withJSONObject: ["kind": "ServiceAccount", "metadata": metadata])
        return HTTPResponse(status: 200, body: SecretBytes(body))
    }

    private static func ok() -> HTTPResponse { HTTPResponse(status: 201, body: SecretBytes("{}")) }

    static func status(_ code: Int, _ message: String) -> HTTPResponse {
        HTTPResponse(status: code, body: SecretBytes(#"{"kind":"Status","message":"\#(message)"}"#))
    }
}
