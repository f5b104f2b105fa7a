internal import Foundation
internal import Hummingbird

/// The controls for who may use a vault: role assignments, access policies and the firewall.
struct AdminAccess {
    let store: StateStore

    /// `path` is the path after `/vaults/VAULT`. Returns nil if it belongs to other controls.
    func respond(to request: Request, vault: String, _ path: [String]) async throws -> Response? {
        switch (request.method, path) {
        case (_, ["access"]):
            try await changeRoles(request, in: vault)
        case (.put, ["access-policies"]):
            let policies: [AccessPolicy] = try await Self.read(request, "a list of access policies")
            for policy in policies { try check(policy) }
            try store.change(vault) { $0.accessPolicies = policies }
        case (.post, ["access-policies"]):
            let policy: AccessPolicy = try await Self.read(request, "an access policy")
            try check(policy)
            try store.change(vault) { vault in
                var policies = vault.accessPolicies ?? []
                policies.removeAll { $0.identity == policy.identity }
                vault.accessPolicies = policies + [policy]
            }
        case (.delete, ["access-policies"]):
            try store.change(vault) { $0.accessPolicies = nil }
        case (.delete, _) where path.count == 2 && path[0] == "access-policies":
            try store.change(vault) { vault in
                guard vault.accessPolicies?.contains(where: { $0.identity == path[1] }) == true else {
                    throw EmulatorError.notFound("\(path[1]) has no access policy in \(vault.name)")
                }
                vault.accessPolicies?.removeAll { $0.identity == path[1] }
            }
        case (.put, ["firewall"]):
            let firewall: VaultFirewall = try await Self.read(request, "a firewall")
            try firewall.validate()
            try store.change(vault) { $0.firewall = firewall }
        case (.delete, ["firewall"]):
            try store.change(vault) { $0.firewall = nil }
        default: return nil
        }
        return try .json(encoding: ObjectChange(version: nil))
    }

    /// `POST` grants and `DELETE` revokes the role assignment in the body.
    private func changeRoles(_ request: Request, in vault: String) async throws {
        let access: RoleAssignment = try await Self.read(request, "a role assignment with identity and role")
        guard VaultRoles.isKnown(access.role) else {
            throw EmulatorError(SpellingSuggestion.message(unknown: "role", access.role, among: VaultRoles.names))
        }
        try checkIdentity(access.identity)
        if let object = access.object, object.split(separator: "/").count != 2 {
            throw EmulatorError(AdminVaults.objectForms)
        }
        switch request.method {
        case .post:
            try store.change(vault) { vault in
                if !vault.access.contains(access) { vault.access.append(access) }
            }
        case .delete:
            try store.change(vault) { vault in
                guard vault.access.contains(access) else {
                    throw EmulatorError.notFound("\(access.identity) does not have this role in \(vault.name)")
                }
                vault.access.removeAll { $0 == access }
            }
        default: throw AdminResponder.unknownControl
        }
    }

    private func check(_ policy: AccessPolicy) throws {
        try checkIdentity(policy.identity)
        try policy.validate()
    }

    private func checkIdentity(_ name: String) throws {
        let names = store.identities.map(\.name)
        guard names.contains(name) else { throw StateStore.unknown("identity", name, among: names) }
    }

    private static func read<Value: Decodable>(_ request: Request, _ expected: String) async throws -> Value {
        let body = Data(try await AdminResponder.body(of: request).utf8)
        guard let value = JSON.decode(Value.self, from: body) else { throw EmulatorError("\(expected) is expected") }
        return value
    }
}
