import Foundation
import HTTPTypes

@testable import AzureEmulator

/// A vault in memory, an identity that may do everything in it, and a clock that a test moves.
struct TestVault {
    static let name = "kv-tests"
    static let owner = EntraIdentity.test(name: "owner")

    let store: StateStore
    let clock = EmulatorClock.frozen()

    /// `access` is in addition to the owner's role.
    init(access: [RoleAssignment] = []) throws {
        let owner = RoleAssignment(identity: Self.owner.name, role: "Key Vault Administrator", object: nil)
        store = try StateStore.test(vaults: [
            Vault(
                name: Self.name, tenantID: EntraIdentity.testTenant, access: [owner] + access, objects: [:])
        ])
    }

    /// Sends a request to the vault. `path` is without a query, such as `/secrets/NAME`.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, query: [String: String] = [:], body: [String: Any] = [:],
        as identity: EntraIdentity = owner, authority: String = "kv-tests.vault.azure.net:443"
    ) throws -> VaultResponse {
        try VaultRequest(
            method: method, path: path.split(separator: "/").map(String.init), query: query, body: body,
            authority: authority, caller: VaultCaller(identity: identity, description: "appid=\(identity.clientID)"),
            vault: try store.existingVault(Self.name), storage: store, clock: clock
        ).respond()
    }

    /// Sends a request and returns the error with which the vault refuses it; nil if it succeeds.
    func error(
        _ method: HTTPRequest.Method, _ path: String, query: [String: String] = [:], body: [String: Any] = [:],
        as identity: EntraIdentity = owner
    ) throws -> VaultError? {
        do {
            try send(method, path, query: query, body: body, as: identity)
            return nil
        } catch let error as VaultError {
            return error
        }
    }

    /// Sets a secret and returns the new version's id.
    @discardableResult
    func setSecret(_ name: String, _ value: String = "value") throws -> String {
        let id = try send(.put, "/secrets/\(name)", body: ["value": value]).body?["id"] as? String
        return String((id ?? "").split(separator: "/").last ?? "")
    }

    /// A secret's value as `GET` returns it.
    func value(_ path: String) throws -> String? { try send(.get, path).body?["value"] as? String }

    /// The identifiers on a page of a list, and the link to the next page.
    func page(_ path: String, query: [String: String] = [:]) throws -> (ids: [String], next: String?) {
        let body = try send(.get, path, query: query).body ?? [:]
        let items = body["value"] as? [[String: Any]] ?? []
        return (items.compactMap { ($0["id"] ?? $0["kid"]) as? String }, body["nextLink"] as? String)
    }
}
