internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Answers the HTTP requests to the vaults' hosts: checks the token and the API version, and passes the
/// rest to a `VaultRequest`.
struct VaultResponder: Sendable {
    /// The address of a request.
    struct Address {
        /// The host, with its port if it has one.
        var authority: String
        var vaultName: String
        /// The resource that tokens for the vault must be issued for.
        var resource: String
        /// The segments of the URL's path.
        var path: [String]
    }

    private static let apiVersions: Set<String> = [
        "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01",
    ]
    private static let maximumBodyBytes = 1 << 20

    let storage: any VaultStorage
    let authentication: VaultAuthentication
    var clock: EmulatorClock

    init(storage: any VaultStorage, entra: EntraDirectory, clock: EmulatorClock) {
        self.storage = storage
        self.authentication = VaultAuthentication(entra: entra)
        self.clock = clock
    }

    /// The same responder with another clock.
    func using(_ clock: EmulatorClock) -> VaultResponder {
        var copy = self
        copy.clock = clock
        return copy
    }

    func respond(to request: Request, at address: Address, note: CallerNote) async throws -> Response {
        do {
            return try await checkedResponse(to: request, at: address, note: note)
        } catch let error as VaultError {
            return try error.response()
        } catch let error as CertificateInputError {
            return try VaultError.badParameter(error.description).response()
        }
    }

    private func checkedResponse(
        to request: Request, at address: Address, note: CallerNote
    ) async throws -> Response {
        guard let vault = storage.vault(address.vaultName) else {
            return Self.unknownHost
        }
        if address.path == ["healthstatus"] { return try .json([:]) }
        let caller = try await authentication.caller(
            authorization: request.headers[.authorization], vault: vault, resource: address.resource,
            now: clock.seconds)
        note.set(identity: caller.identity.name)
        if let refusal = vault.firewall?.refusal(of: caller, vault: vault.name) { throw refusal }
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { $1 })
        guard let version = query["api-version"], Self.isKnown(apiVersion: version) else {
            throw VaultError.badParameter("The specified version is missing or not recognized.")
        }
        if request.method == .get, let fixed = vault.bundles[address.path.joined(separator: "/").lowercased()] {
            return .json(bytes: fixed.body.utf8, status: HTTPResponse.Status(code: fixed.status ?? 200))
        }
        let response = try VaultRequest(
            method: request.method, path: address.path, query: query, body: try await Self.body(of: request),
            authority: address.authority, caller: caller, vault: vault, storage: storage, clock: clock
        ).respond()
        guard let body = response.body else { return Response(status: response.status) }
        return try .json(body, status: response.status)
    }

    /// The response of Azure's web servers for an unknown host name. The name of a vault that does not exist cannot be
    /// resolved, so only a client that connects directly to the emulator gets this response.
    private static var unknownHost: Response {
        let page =
            "<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD><BODY><h2>Bad Request - Invalid Hostname</h2></BODY></HTML>"
        return Response(
            status: .badRequest, headers: [.contentType: "text/html; charset=us-ascii"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }

    /// Whether the emulator knows an API version, such as `7.4`, or a preview, such as `7.6-preview.2`.
    static func isKnown(apiVersion: String) -> Bool {
        let parts = apiVersion.split(separator: "-preview", maxSplits: 1, omittingEmptySubsequences: false)
        return apiVersions.contains(String(parts[0]))
    }

    private static func body(of request: Request) async throws -> [String: Any] {
        guard request.method != .get else { return [:] }
        let bytes = try await request.body.collect(upTo: maximumBodyBytes)
        guard bytes.readableBytes > 0 else { return [:] }
        guard let body = JSON.object(Data(bytes.readableBytesView)) else {
            throw VaultError.badParameter("The request body is not a JSON object.")
        }
        return body.filter { !($0.value is NSNull) }
    }
}
