internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The controls for identities and their federated credentials.
struct AdminIdentities {
    /// Entra's limit for an application.
    private static let maximumCredentials = 20

    let store: StateStore
    let cluster: ClusterIssuer

    /// Responds to a request. `path` is the path after `/identities`.
    func respond(to request: Request, _ path: [String]) async throws -> Response {
        switch (request.method, path.count) {
        case (.get, 0): return try .json(encoding: store.identities.map(summary))
        case (.post, 2) where path[1] == "federated-credentials":
            let body = Data(try await AdminResponder.body(of: request).utf8)
            guard let credential = JSON.decode(FederatedCredential.self, from: body) else {
                throw EmulatorError("a federated credential has a subject and perhaps name, issuer and audience")
            }
            try store.changeIdentity(path[0]) { try add(credential, to: &$0) }
            return try .json([:], status: .created)
        case (.delete, 3) where path[1] == "federated-credentials":
            try store.changeIdentity(path[0]) { try removeCredential(named: path[2], from: &$0) }
            return try .json([:])
        default: throw AdminResponder.unknownControl
        }
    }

    /// Adds a credential by Entra's rules.
    func add(_ credential: FederatedCredential, to identity: inout EntraIdentity) throws {
        let existing = credentials(of: identity)
        let added = summary(of: credential, index: existing.count)
        guard !existing.contains(where: { $0.name == added.name }) else {
            throw EmulatorError("\(identity.name) has a federated credential \(added.name) already")
        }
        guard !existing.contains(where: { $0.issuer == added.issuer && $0.subject == added.subject }) else {
            throw EmulatorError("\(identity.name) has a federated credential for this issuer and subject already")
        }
        guard existing.count < Self.maximumCredentials else {
            throw EmulatorError("an identity has at most \(Self.maximumCredentials) federated credentials")
        }
        identity.federatedCredentials = (identity.federatedCredentials ?? []) + [credential]
    }

    func removeCredential(named name: String, from identity: inout EntraIdentity) throws {
        let names = credentials(of: identity).map(\.name)
        guard let index = names.firstIndex(of: name) else {
            throw StateStore.unknown("federated credential", name, among: names)
        }
        identity.federatedCredentials?.remove(at: index)
    }

    private func summary(of identity: EntraIdentity) -> IdentitySummary {
        IdentitySummary(
            name: identity.name, clientID: identity.clientID, tenantID: identity.tenantID,
            federatedCredentials: credentials(of: identity))
    }

    private func credentials(of identity: EntraIdentity) -> [IdentitySummary.Credential] {
        (identity.federatedCredentials ?? []).enumerated().map { summary(of: $1, index: $0) }
    }

    /// The credential with its defaults. A credential without a name is called by its position.
    private func summary(of credential: FederatedCredential, index: Int) -> IdentitySummary.Credential {
        IdentitySummary.Credential(
            name: credential.name ?? "credential-\(index + 1)", issuer: credential.issuer ?? cluster.url,
            subject: credential.subject, audience: credential.audience ?? FederatedCredential.defaultAudience)
    }
}
