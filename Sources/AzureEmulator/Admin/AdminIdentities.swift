internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Who exists, and whose tokens are taken for theirs.
struct AdminIdentities {
    /// Entra's own limit.
    private static let maximumCredentials = 20

    let store: StateStore
    let cluster: ClusterIssuer

    /// `path` is what follows `/identities`.
    func respond(to request: Request, _ path: [String]) async throws -> Response {
        switch (request.method, path.count) {
        case (.get, 0): return try Answer.json(of: store.identities.map(show))
        case (.post, 2) where path[1] == "federated-credentials":
            let body = try await request.body.collect(upTo: AdminResponder.maximumBodyBytes)
            guard let new = try? JSONDecoder().decode(Seed.FederatedCredential.self, from: Data(body.readableBytesView))
            else {
                throw Seed.Invalid(description: "a federated credential has subject and perhaps name, issuer, audience")
            }
            try store.changeIdentity(path[0]) { identity in
                let present = credentials(of: identity)
                let wanted = show(new, present.count)
                guard !present.contains(where: { $0.name == wanted.name }) else {
                    throw Seed.Invalid(
                        description: "\(identity.name) has a federated credential \(wanted.name) already")
                }
                guard !present.contains(where: { $0.issuer == wanted.issuer && $0.subject == wanted.subject }) else {
                    throw Seed.Invalid(
                        description: "\(identity.name) has a federated credential for this issuer and subject already")
                }
                guard present.count < Self.maximumCredentials else {
                    throw Seed.Invalid(
                        description: "an identity has at most \(Self.maximumCredentials) federated credentials")
                }
                identity.federatedCredentials = (identity.federatedCredentials ?? []) + [new]
            }
            return try Answer.json([:], status: .created)
        case (.delete, 3) where path[1] == "federated-credentials":
            try store.changeIdentity(path[0]) { identity in
                let names = credentials(of: identity).map(\.name)
                guard let index = names.firstIndex(of: path[2]) else {
                    throw StateStore.Missing(
                        description: Nearest.complaint("federated credential", path[2], among: names))
                }
                identity.federatedCredentials?.remove(at: index)
            }
            return try Answer.json([:])
        default: throw Seed.Invalid(description: "no such control")
        }
    }

    private func show(_ identity: Seed.Identity) -> ShownIdentity {
        ShownIdentity(
            name: identity.name, clientID: identity.clientID, tenantID: identity.tenantID,
            federatedCredentials: credentials(of: identity))
    }

    private func credentials(of identity: Seed.Identity) -> [ShownIdentity.Credential] {
        (identity.federatedCredentials ?? []).enumerated().map { show($1, $0) }
    }

    /// With what counts where the credential is silent.
    private func show(_ credential: Seed.FederatedCredential, _ index: Int) -> ShownIdentity.Credential {
        ShownIdentity.Credential(
            name: credential.name ?? "credential-\(index + 1)", issuer: credential.issuer ?? cluster.url,
            subject: credential.subject, audience: credential.audience ?? EntraDirectory.federationAudience)
    }
}
