package import Azure
internal import Foundation
internal import SecretMemory
package import Synchronization

/// Entra, the node's token services and Key Vault as one `HTTPTransport`, without a network.
///
/// Its content, the permissions and the faults are in `state`, which a test may change at any time.
/// The fake records every request, and its clock moves only when a test or a sleeping caller moves it. It
/// follows Azure's documentation and shares no code with the emulator; its tokens are not signed.
package final class FakeAzure: HTTPTransport {
    package typealias Step = Result<HTTPResponse, TransportError>

    /// Each authority and the DNS suffix of the vaults of its cloud.
    static let clouds = [
        "login.microsoftonline.com": "vault.azure.net", "login.microsoftonline.us": "vault.usgovcloudapi.net",
        "login.chinacloudapi.cn": "vault.azure.cn", "login.microsoftonline.de": "vault.microsoftazure.de",
        "login.sovcloud-identity.fr": "vault.sovcloud-api.fr", "login.sovcloud-identity.de": "vault.sovcloud-api.de",
        "login.localhost": "vault.localhost",
    ]

    /// The server name of the cluster's token proxy, which listens below the path `/prefix`.
    package static let tokenProxy = "proxy.ests.aks"

    /// Seconds since 1970 when the clock has not moved yet.
    package static let start = 1_800_000_000

    package let state: Mutex<State>
    package let clock: ManualTime

    package init(_ state: State = State(), clock: ManualTime = ManualTime(start: FakeAzure.start, random: 0)) {
        self.state = Mutex(state)
        self.clock = clock
    }

    /// A fake that gives these responses in this order, whatever the requests are, and then fails.
    package convenience init(responses: [Step]) {
        var state = State()
        state.script = responses
        self.init(state)
    }

    package func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    package func advance(_ duration: Duration) { clock.advance(duration) }

    package var time: TimeSource { clock.source }

    /// The requests so far, in order.
    package var requests: [HTTPRequest] { state.withLock { $0.requests } }

    /// The number of calls so far that begin with `prefix`. See `State.calls`.
    package func count(_ prefix: String) -> Int { state.withLock { $0.calls.count { $0.hasPrefix(prefix) } } }

    package func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        guard let url = URLComponents(string: request.url), let host = url.host else {
            throw TransportError(.request, .final, "\(request.url) is not a URL")
        }
        let call = Self.call(request, url, host)
        let arrival = state.withLock { state in
            state.requests.append(request)
            state.timeouts.append(timeout)
            state.calls.append(call)
            return state.onArrival
        }
        await arrival?(call)
        // A closure that throws a typed error would lose its type in `withLock`.
        let step = state.withLock { state -> Step in
            do throws(TransportError) {
                return .success(try Self.response(to: request, url, host, &state))
            } catch {
                return .failure(error)
            }
        }
        return try step.get()
    }

    private static func call(_ request: HTTPRequest, _ url: URLComponents, _ host: String) -> String {
        if url.path.hasSuffix("/token") { return "token \(form(request)["client_id"] ?? "")" }
        let path = url.path.split(separator: "/")
        let vault = host.prefix { $0 != "." }
        guard path.count > 1 else { return "list \(vault)" }
        return "\(path.last == "versions" ? "versions" : "get") \(vault) \(path[1])"
    }

    private static func response(
        to request: HTTPRequest, _ url: URLComponents, _ host: String, _ state: inout State
    ) throws(TransportError) -> HTTPResponse {
        if state.script != nil {
            guard state.script?.isEmpty == false, let step = state.script?.removeFirst() else {
                throw TransportError(.request, .final, "the script has ended")
            }
            return try step.get()
        }
        if url.scheme == "http" { return try nodeService(request, url, &state) }
        guard url.scheme == "https" else {
            throw TransportError(.request, .final, "\(request.url) is not an https URL")
        }
        let path = url.percentEncodedPath.split(separator: "/").compactMap { $0.removingPercentEncoding }
        if request.connection != nil {
            // The token proxy is recognised by its server name, and learns the authority from the Host header.
            guard host == tokenProxy, path.first == "prefix", let authority = request.header("Host"),
                let suffix = clouds[authority]
            else { throw TransportError(.request, .final, "there is no token proxy \(host)") }
            return token(Array(path.dropFirst()), request, suffix, throughProxy: true, &state)
        }
        if let suffix = clouds[host] { return token(path, request, suffix, throughProxy: false, &state) }
        guard let dot = host.firstIndex(of: "."), case let suffix = String(host[host.index(after: dot)...]),
            clouds.values.contains(suffix), case let vault = host[..<dot].lowercased(),
            state.vaults?.keys.contains(vault) != false
        else { throw TransportError(.nameResolution, .final, "there is no host \(host)") }
        return try vaultResponse(
            to: VaultRequest(
                host: host, vault: vault, suffix: suffix, path: path, query: url.queryItems ?? [],
                bearer: request.bearer.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } } ?? ""), state)
    }

    // MARK: - Responses

    /// One step of a script.
    package static func response(
        _ status: Int, _ body: String = "{}", _ headers: [(name: String, value: String)] = []
    ) -> Step {
        .success(HTTPResponse(status: status, headers: headers, body: SecretBytes(body)))
    }

    static func json(
        _ status: Int, _ body: [String: Any], _ headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        do {
            let data = try JSONSerialization.data(withJSONObject: body)
            return HTTPResponse(status: status, headers: headers, body: SecretBytes(data))
        } catch {
            return HTTPResponse(status: 500, body: SecretBytes("\(error)"))
        }
    }

    static func form(_ request: HTTPRequest) -> [String: String] {
        var form = URLComponents()
        form.percentEncodedQuery = request.body.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } }
        return Dictionary((form.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
    }
}

extension HTTPRequest {
    /// The header of that name.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
