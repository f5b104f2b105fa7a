import Azure
import Budgets
import CSIProvider
import Foundation
import Kubernetes
import ProviderCore
import SecretMemory
import Synchronization

/// A small Entra and vault whose content, roles and health change while they are in use, and which
/// count every request. The clock is the test's.
final class StatefulFakeAzure: HTTPTransport {
    struct Secret {
        var version: Int
        var value: String
        var isEnabled = true
        /// The values of the versions before, from the first on.
        var earlier: [String] = []
        var tags: [String: String] = [:]
        var isManaged = false
        /// Seconds since 1970.
        var expires: Int?
        var notBefore: Int?
    }

    struct State {
        var secrets: [String: Secret] = [:]
        /// `client vault`.
        var roles: Set<String> = []
        /// `client subject`.
        var federation: Set<String> = []
        /// Issued tokens and whose they are.
        var tokens: [String: String] = [:]
        var tokenLifetime = 3600
        /// The tenant of the last token.
        var lastTenant = ""
        /// What the vaults answer instead of what they hold.
        var vaultStatus: Int?
        var vaultHeaders: [(name: String, value: String)] = []
        var isUnreachable = false
        /// What single vaults, or objects (`VAULT NAME`), answer instead; 0 stands for no connection.
        var statuses: [String: Int] = [:]
        var entraStatus: Int?
        /// The requests so far, in order: `token CLIENT`, `get VAULT NAME`, `versions VAULT NAME`,
        /// `list VAULT`.
        var calls: [String] = []
        /// Runs when a request arrives, before it is answered.
        var onArrival: (@Sendable (String) async -> Void)?
    }

    let state = Mutex(State())
    private let elapsed = Mutex(Duration.zero)
    static let start = 1_800_000_000

    /// The calls so far that begin so.
    func count(_ prefix: String) -> Int { state.withLock { $0.calls.count { $0.hasPrefix(prefix) } } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }

    /// Moves only when told to, or when somebody sleeps.
    var time: TimeSource {
        TimeSource(
            wallClock: { Self.start + Int(self.elapsed.withLock { $0 }.components.seconds) },
            elapsed: { self.elapsed.withLock { $0 } },
            sleep: { duration throws(CancellationError) in
                if Task.isCancelled { throw CancellationError() }
                self.elapsed.withLock { $0 += duration }
            },
            random: { 0 })
    }

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        guard let url = URLComponents(string: request.url), let host = url.host else {
            throw TransportError(.request, .final, "no URL")
        }
        let isToken = url.path.hasSuffix("/token")
        let call: String
        if isToken {
            call = "token \(Self.form(request)["client_id"] ?? "")"
        } else {
            let path = url.path.split(separator: "/")
            let vault = host.prefix { $0 != "." }
            if path.count == 1 {
                call = "list \(vault)"
            } else {
                call = "\(path.last == "versions" ? "versions" : "get") \(vault) \(path[1])"
            }
        }
        let arrival = state.withLock { state in
            state.calls.append(call)
            return state.onArrival
        }
        await arrival?(call)
        let page = url.queryItems?.first { $0.name == "$skiptoken" }.flatMap { Int($0.value ?? "") } ?? 0
        return try isToken ? token(request) : vault(String(host.prefix { $0 != "." }), url.path, page, request)
    }

    private func token(_ request: HTTPRequest) throws(TransportError) -> HTTPResponse {
        let form = Self.form(request)
        let client = form["client_id"] ?? ""
        let assertion = form["client_assertion"] ?? ""
        let subject = TokenClaims(parsing: SecretBytes(assertion))?.subject ?? ""
        return state.withLock { state in
            if let status = state.entraStatus { return Self.json(status, "{}") }
            state.lastTenant = String(URLComponents(string: request.url)?.path.split(separator: "/").first ?? "")
            if request.method == .get {
                state.tokens["node"] = "app-1"
                return Self.json(200, #"{"access_token":"node","expires_in":"3600"}"#)
            }
            guard state.federation.contains("\(client) \(subject)") else {
                return Self.json(400, #"{"error":"invalid_client","error_description":"AADSTS70021: no match"}"#)
            }
            let token = "token-\(state.tokens.count)-\(client)"
            state.tokens[token] = client
            return Self.json(200, #"{"access_token":"\#(token)","expires_in":\#(state.tokenLifetime)}"#)
        }
    }

    private func vault(
        _ vault: String, _ path: String, _ page: Int, _ request: HTTPRequest
    ) throws(TransportError) -> HTTPResponse {
        let bearer = request.bearer.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } } ?? ""
        let parts = path.split(separator: "/").map(String.init)
        let answer: HTTPResponse? = state.withLock { state in
            if state.isUnreachable { return nil }
            let single = parts.count > 1 ? state.statuses["\(vault) \(parts[1])"] : nil
            if let status = state.statuses[vault] ?? single { return status == 0 ? nil : Self.json(status, "{}") }
            if let status = state.vaultStatus {
                return HTTPResponse(status: status, headers: state.vaultHeaders, body: SecretBytes("{}"))
            }
            guard let client = state.tokens[bearer] else { return Self.json(401, "{}") }
            guard state.roles.contains("\(client) \(vault)") else {
                return Self.json(403, #"{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}"#)
            }
            if parts.count == 1 { return Self.list(state, vault, page) }
            guard let secret = state.secrets["\(vault) \(parts[1])"] else {
                return Self.json(404, #"{"error":{"code":"SecretNotFound"}}"#)
            }
            let base = "https://\(vault).vault.azure.net/secrets/\(parts[1])"
            if parts.last == "versions" { return Self.versions(secret, base) }
            let earlier = parts.count == 3 ? Int(parts[2].dropFirst()) : nil
            if let earlier, earlier <= secret.earlier.count {
                return Self.json(200, #"{"id":"\#(base)/v\#(earlier)","value":"\#(secret.earlier[earlier - 1])"}"#)
            }
            guard secret.isEnabled else {
                return Self.json(403, #"{"error":{"code":"Forbidden","innererror":{"code":"SecretDisabled"}}}"#)
            }
            let times = [secret.expires.map { #""exp":\#($0)"# }, secret.notBefore.map { #""nbf":\#($0)"# }]
            let attributes = times.compactMap { $0 }.joined(separator: ",")
            let tags = Self.tags(secret)
            return Self.json(
                200,
                #"{"id":"\#(base)/v\#(secret.version)","value":"\#(secret.value)","attributes":{\#(attributes)},"tags":\#(tags)}"#
            )
        }
        guard let answer else { throw TransportError(.connect, .transient, "connection refused") }
        return answer
    }

    private static func versions(_ secret: Secret, _ base: String) -> HTTPResponse {
        let items = (1...secret.version).map { version in
            let isEnabled = version < secret.version || secret.isEnabled
            return #"{"id":"\#(base)/v\#(version)","attributes":{"enabled":\#(isEnabled),"created":\#(version)}}"#
        }
        return json(200, #"{"value":[\#(items.joined(separator: ","))],"nextLink":null}"#)
    }

    /// Two to a page, in no order that means anything, with the port in the link, as Key Vault does it.
    private static func list(_ state: State, _ vault: String, _ start: Int) -> HTTPResponse {
        let all = state.secrets.filter { $0.key.hasPrefix("\(vault) ") }.sorted { $0.key > $1.key }
        let items = all.dropFirst(start).prefix(2).map { key, secret in
            let id = "https://\(vault).vault.azure.net/secrets/\(key.dropFirst(vault.count + 1))"
            return
                #"{"id":"\#(id)","attributes":{"enabled":\#(secret.isEnabled)},"managed":\#(secret.isManaged),"tags":\#(tags(secret))}"#
        }
        let next =
            start + 2 < all.count
            ? #""https://\#(vault).vault.azure.net:443/secrets?api-version=7.4&$skiptoken=\#(start + 2)""# : "null"
        return json(200, #"{"value":[\#(items.joined(separator: ","))],"nextLink":\#(next)}"#)
    }

    private static func tags(_ secret: Secret) -> String {
        "{" + secret.tags.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
            + "}"
    }

    private static func form(_ request: HTTPRequest) -> [String: String] {
        var form = URLComponents()
        form.percentEncodedQuery = request.body.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } }
        return Dictionary((form.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
    }

    private static func json(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(status: status, body: SecretBytes(body))
    }
}

/// A node with one provider on it and a `StatefulFakeAzure` behind it.
struct TestNode: Sendable {
    let azure = StatefulFakeAzure()
    let log = RecordedLog()
    let provider: ProviderServer

    var mounts: MountPipeline { provider.pipeline }

    init(
        policy: PolicyFile? = nil, audit: AuditLog.Level = .off, apiServer: FakeAPIServer? = nil,
        events: KubernetesClient.Configuration? = nil, annotations: KubernetesClient.Configuration? = nil,
        limits: MountBudget.Limits = MountBudget.Limits(),
        _ change: (inout CacheSettings) -> Void = { _ in }
    ) {
        var cache = CacheSettings()
        change(&cache)
        var configuration = ProviderConfiguration.unserved(.default(cache: cache, policy: policy))
        configuration.mounts.limits = limits
        configuration.audit = audit
        configuration.events = events
        configuration.nodeName = "node-1"
        configuration.serviceAccountAnnotations = annotations
        provider = ProviderServer.make(
            configuration, transport: azure, apiServer: apiServer, time: azure.time, logger: log.logger)
        azure.change { state in
            state.secrets = [
                "kv-a user": StatefulFakeAzure.Secret(version: 1, value: "user1"),
                "kv-a password": StatefulFakeAzure.Secret(version: 1, value: "password1"),
                "kv-b user": StatefulFakeAzure.Secret(version: 1, value: "other user"),
            ]
            state.roles = ["app-1 kv-a", "app-2 kv-a", "app-1 kv-b"]
            state.federation = ["app-1 sa-1", "app-2 sa-2", "app-1 sa-3"]
        }
    }

    /// What a pod's volume asks for.
    struct Pod: Sendable {
        var name = "pod"
        var namespace = "team"
        var serviceAccount = "sa-1"
        var client = "app-1"
        var vault = "kv-a"
        var tenant = "tenant"
        var objects = ["user"]
        var version = ""
        /// Tells assertions of the same account apart.
        var serial = 0
        /// When the assertion expires, in seconds since 1970.
        var expiry = 9_999_999_999
        var parameters: [String: String] = [:]
        /// Of nodePublishSecretRef, as JSON.
        var secrets = "null"
    }

    /// A pod whose class lists `objects`, each in YAML's flow notation.
    static func pod(_ objects: String..., parameters: [String: String] = [:]) -> Pod {
        var pod = Pod()
        pod.parameters = parameters.merging(["objects": "array: [\(objects.joined(separator: ", "))]"]) { $1 }
        return pod
    }

    /// What the driver says for a pod's volume, as JSON.
    func attributes(_ pod: Pod) throws -> Data {
        let claims =
            #"{"iss":"i","sub":"\#(pod.serviceAccount)","aud":"api://AzureADTokenExchange","exp":\#(pod.expiry),"n":\#(pod.serial)}"#
        let token = "e30.\(Data(claims.utf8).base64EncodedString().filter { $0 != "=" }).c2ln"
        var attributes = [
            "csi.storage.k8s.io/pod.name": pod.name, "csi.storage.k8s.io/pod.namespace": pod.namespace,
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": pod.serviceAccount,
            "clientID": pod.client, "keyvaultName": pod.vault, "tenantID": pod.tenant,
            "objects": "array:\n"
                + pod.objects.map {
                    "  - |\n    objectName: \($0)\n    objectType: secret\n    objectVersion: \"\(pod.version)\"\n"
                }.joined(),
            ServiceAccountTokens.attribute: #"{"api://AzureADTokenExchange":{"token":"\#(token)"}}"#,
        ]
        attributes.merge(pod.parameters) { $1 }
        return try JSONSerialization.data(withJSONObject: attributes)
    }

    static func targetPath(_ pod: Pod) -> String { "/pods/\(pod.namespace)/\(pod.name)" }

    /// The files, or the code of the error.
    func mount(_ pod: Pod, secondsLeft: Double = 110) async throws -> [String: String] {
        let answer = try await answer(pod, secondsLeft: secondsLeft)
        return Dictionary(
            uniqueKeysWithValues: answer.files.map { file in
                (file.path, file.contents.withExposed { String(decoding: $0, as: UTF8.self) })
            })
    }

    /// The versions that the driver is told of, by id.
    func versions(_ pod: Pod) async throws -> [String: String] {
        Dictionary(try await answer(pod).versions.map { ($0.id, $0.version) }) { $1 }
    }

    func answer(_ pod: Pod, secondsLeft: Double = 110) async throws -> MountResponse {
        var request = try MountRequest(
            attributes: SecretBytes(try attributes(pod)), secrets: SecretBytes(pod.secrets), permission: "420",
            targetPath: Self.targetPath(pod))
        let work = mounts.work(secondsLeft: secondsLeft)
        request = try await mounts.resolvingClient(of: request, work)
        let authorized = try await mounts.authorize(mounts.validate(request, work), work)
        return try await mounts.mount(authorized, into: VolumeFingerprint(request), work).response
    }

    /// The error's code; nil if the mount succeeds.
    func failure(_ pod: Pod) async throws -> ErrorCode? { try await error(pod)?.code }

    /// The error; nil if the mount succeeds.
    func error(_ pod: Pod) async throws -> ProviderError? {
        do {
            _ = try await mount(pod)
            return nil
        } catch let error as ProviderError {
            return error
        }
    }
}
