import HTTPTypes
import Testing

@testable import AzureEmulator

@Suite("Key Vault's roles")
struct VaultRoleTests {
    /// The verbs that a role permits for each collection, in the order of the collections.
    private static func permissions(_ role: String) -> [String: Set<VaultAction.Verb>] {
        var result: [String: Set<VaultAction.Verb>] = [:]
        for collection in VaultCollection.allCases {
            let verbs = VaultAction.Verb.allCases.filter { permit(.init(verb: $0, collection: collection), role) }
            if !verbs.isEmpty { result[collection.rawValue] = Set(verbs) }
        }
        return result
    }

    private static func permit(
        _ action: VaultAction, _ role: String, object: String? = nil, on name: String = "x"
    ) -> Bool {
        VaultRoles.permit(
            action, on: name, to: "reader", by: [RoleAssignment(identity: "reader", role: role, object: object)])
    }

    @Test(
        "Each role permits what Azure documents",
        arguments: [
            ("Key Vault Administrator", ["secrets": all, "keys": all, "certificates": all]),
            ("Key Vault Certificate User", ["secrets": reading, "keys": reading, "certificates": reading]),
            ("Key Vault Certificates Officer", ["certificates": all]),
            ("Key Vault Crypto Officer", ["keys": all]),
            ("Key Vault Crypto Service Encryption User", ["keys": [.get, .read, .wrap, .unwrap]]),
            (
                "Key Vault Crypto User",
                [
                    "keys": [
                        .get, .read, .update, .backup, .encrypt, .decrypt, .wrap, .unwrap, .sign, .verify, .random,
                    ]
                ]
            ),
            (
                "Key Vault Reader",
                ["secrets": [.read], "keys": [.get, .read, .readRotationPolicy], "certificates": reading]
            ),
            ("Key Vault Secrets Officer", ["secrets": all]),
            ("Key Vault Secrets User", ["secrets": reading]),
        ] as [(String, [String: Set<VaultAction.Verb>])])
    func permissions(role: String, expected: [String: Set<VaultAction.Verb>]) {
        #expect(Self.permissions(role) == expected)
    }

    private static let all = Set(VaultAction.Verb.allCases)
    private static let reading: Set<VaultAction.Verb> = [.get, .read]

    @Test("The table of roles is complete")
    func names() {
        #expect(VaultRoles.names.count == 9)
        #expect(VaultRoles.names.allSatisfy(VaultRoles.isKnown))
        #expect(!VaultRoles.isKnown("Key Vault Secret User"))
    }

    @Test("A role for one object applies only to that type and name, in any case")
    func scope() {
        let role = "Key Vault Administrator"
        let get = VaultAction(verb: .get, collection: .secrets)
        #expect(Self.permit(get, role, object: "secrets/db-password", on: "db-password"))
        #expect(Self.permit(get, role, object: "Secrets/DB-password", on: "db-Password"))
        #expect(!Self.permit(get, role, object: "secrets/db-password", on: "db-password-2"))
        #expect(!Self.permit(get, role, object: "keys/db-password", on: "db-password"))
        #expect(!Self.permit(.init(verb: .read, collection: .secrets), role, object: "secrets/db-password", on: ""))
    }

    @Test("A role of one identity is not a role of another")
    func otherIdentity() {
        let access = [RoleAssignment(identity: "writer", role: "Key Vault Administrator", object: nil)]
        let get = VaultAction(verb: .get, collection: .secrets)
        #expect(!VaultRoles.permit(get, on: "x", to: "reader", by: access))
        #expect(VaultRoles.permit(get, on: "x", to: "writer", by: access))
    }

    @Test("An identity has the permissions of all its roles")
    func severalRoles() throws {
        let vault = try TestVault(access: [
            RoleAssignment(identity: "reader", role: "Key Vault Reader", object: nil),
            RoleAssignment(identity: "reader", role: "Key Vault Secrets User", object: "secrets/shared"),
        ])
        try vault.setSecret("shared")
        try vault.setSecret("private")
        let reader = EntraIdentity.test(name: "reader")
        #expect(try vault.error(.get, "/secrets", as: reader) == nil)
        #expect(try vault.error(.get, "/secrets/shared", as: reader) == nil)
        #expect(try vault.error(.get, "/secrets/private", as: reader)?.innerCode == "ForbiddenByRbac")
    }

    @Test(
        "An operation without its role is refused, and the error names the data action",
        arguments: [
            ("GET", "/secrets/x", "secrets/getSecret/action"), ("GET", "/secrets", "secrets/readMetadata/action"),
            ("GET", "/secrets/x/versions", "secrets/readMetadata/action"),
            ("PUT", "/secrets/x", "secrets/setSecret/action"), ("PATCH", "/secrets/x", "secrets/update/action"),
            ("DELETE", "/secrets/x", "secrets/delete"), ("GET", "/deletedsecrets", "secrets/readMetadata/action"),
            ("POST", "/deletedsecrets/x/recover", "secrets/recover/action"),
            ("DELETE", "/deletedsecrets/x", "secrets/purge/action"),
            ("POST", "/secrets/x/backup", "secrets/backup/action"),
            ("POST", "/secrets/restore", "secrets/restore/action"), ("GET", "/keys/x", "keys/read"),
            ("PUT", "/keys/x", "keys/import/action"), ("POST", "/keys/x/create", "keys/create/action"),
            ("POST", "/keys/x/rotate", "keys/rotate/action"), ("POST", "/keys/x/v/sign", "keys/sign/action"),
            ("POST", "/keys/x/unwrapkey", "keys/unwrap/action"),
            ("GET", "/keys/x/rotationpolicy", "keyrotationpolicies/read"),
            ("PUT", "/keys/x/rotationpolicy", "keyrotationpolicies/write"),
            ("GET", "/certificates/x", "certificates/read"), ("GET", "/certificates/x/policy", "certificates/read"),
            ("PATCH", "/certificates/x/policy", "certificates/update/action"),
            ("POST", "/certificates/x/create", "certificates/create/action"),
            ("POST", "/certificates/x/import", "certificates/import/action"),
        ])
    func missingRole(method: String, path: String, action: String) throws {
        let vault = try TestVault()
        let method = try #require(HTTPRequest.Method(method))
        let error = try #require(try vault.error(method, path, as: EntraIdentity.test(name: "stranger")))
        #expect(error.status == .forbidden)
        #expect(error.code == "Forbidden")
        #expect(error.innerCode == "ForbiddenByRbac")
        #expect(error.message.contains("Action: 'Microsoft.KeyVault/vaults/\(action)'"))
        #expect(error.message.contains("Caller: appid=\(EntraIdentity.testClient)"))
    }
}
