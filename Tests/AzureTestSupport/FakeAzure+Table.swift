internal import Foundation
package import TestSupport
internal import Yams

extension FakeAzure {
    /// The content of `Tests/Fixtures/table.yaml`, which the emulator reads as its seed too.
    fileprivate struct Table: Decodable {
        struct Identity: Decodable {
            var name: String
            var clientID: String
            var tenantID: String
            var federatedCredentials: [Credential]?
            var clientSecrets: [String]?
            var boundServiceAccounts: [String]?
        }

        struct Credential: Decodable { var subject: String }

        struct Node: Decodable {
            var systemAssigned: String
            var userAssigned: [String]
        }

        struct PodIdentity: Decodable {
            var namespace: String
            var pod: String
            var identity: String
        }

        struct Vault: Decodable {
            var name: String
            var tenantID: String
            var access: [Access]?
            var secrets: [Secret]?
            var bundles: [Bundle]?
        }

        struct Access: Decodable {
            var identity: String
            var role: String
            var object: String?
        }

        struct Secret: Decodable {
            var name: String
            var value: String?
            var contentType: String?
            var enabled: Bool?
            var versions: [Version]?
        }

        struct Version: Decodable {
            var id: String
            var value: String
            var enabled: Bool?
            var created: Int?
        }

        struct Bundle: Decodable {
            var path: String
            var status: Int?
            var body: String
        }

        var identities: [Identity]
        var node: Node
        var podIdentities: [PodIdentity]
        var vaults: [Vault]
    }

    fileprivate static let readable: [String: Set<String>] = [
        "Key Vault Secrets User": ["secrets"], "Key Vault Certificate User": ["secrets", "keys", "certificates"],
    ]

    /// The state that the mount table expects.
    package static func table() throws -> State {
        let material = try Material.shared.get()
        let text = try String(contentsOf: Fixtures.url("table.yaml"), encoding: .utf8)
        let table = try YAMLDecoder().decode(Table.self, from: text)
        let clients = Dictionary(uniqueKeysWithValues: table.identities.map { ($0.name, $0.clientID) })
        var state = State()
        // A small number, so that the histories of the table have several pages.
        state.pageSize = 2
        state.tenants = Dictionary(uniqueKeysWithValues: table.identities.map { ($0.clientID, $0.tenantID) })
        for identity in table.identities {
            func pairs(_ texts: [String]?) -> [String] { (texts ?? []).map { "\(identity.clientID) \($0)" } }
            state.federation.formUnion(pairs(identity.federatedCredentials?.map(\.subject)))
            state.bindings.formUnion(pairs(identity.boundServiceAccounts))
            state.clientSecrets.formUnion(pairs(identity.clientSecrets))
        }
        state.nodeClient = clients[table.node.systemAssigned] ?? ""
        state.assignedClients = Set(table.node.userAssigned.compactMap { clients[$0] })
        for pod in table.podIdentities { state.podClients["\(pod.namespace) \(pod.pod)"] = clients[pod.identity] }
        state.vaults = Dictionary(uniqueKeysWithValues: table.vaults.map { ($0.name, $0.tenantID) })
        for vault in table.vaults { try state.add(vault, clients, material) }
        return state
    }

    /// A token in the form in which the kubelet passes it on.
    package static func serviceAccountToken(_ token: Placeholders.Token) -> String {
        func part(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        let claims = """
            {"iss":"https://oidc.example/","sub":"system:serviceaccount:\(token.namespace):\(token.serviceAccount)",\
            "aud":["\(token.audience)"],"exp":\(start + token.lifetime)}
            """
        return [#"{"alg":"none"}"#, claims, "signature"].map(part).joined(separator: ".")
    }
}

extension FakeAzure.State {
    fileprivate mutating func add(
        _ vault: FakeAzure.Table.Vault, _ clients: [String: String], _ material: Material
    ) throws {
        for access in vault.access ?? [] {
            roles.insert(
                FakeAzure.Role(
                    client: clients[access.identity] ?? "", vault: vault.name,
                    types: FakeAzure.readable[access.role] ?? [], object: access.object))
        }
        for secret in vault.secrets ?? [] {
            var versions = (secret.versions ?? []).map {
                FakeAzure.Version(id: $0.id, value: $0.value, isEnabled: $0.enabled ?? true, created: $0.created ?? 0)
            }
            if let value = secret.value {
                versions.append(
                    FakeAzure.Version(
                        id: String(repeating: "f", count: 32), value: try material.filled(value),
                        isEnabled: secret.enabled ?? true, created: 1_700_000_000))
            }
            secrets["\(vault.name) \(secret.name)"] = FakeAzure.Secret(
                versions: versions, contentType: secret.contentType)
        }
        for bundle in vault.bundles ?? [] {
            bundles["\(vault.name) \(bundle.path.lowercased())"] = FakeAzure.Bundle(
                status: bundle.status ?? 200, body: try material.filledJSON(bundle.body))
        }
    }
}
