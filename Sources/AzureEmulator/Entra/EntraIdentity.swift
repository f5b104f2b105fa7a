/// An application or a managed identity in Entra, in the form in which a seed describes it.
package struct EntraIdentity: Codable, Sendable {
    /// The name that the seed and the commands use for the identity. Entra itself does not use it.
    package var name: String
    package var clientID: String
    /// The tenant's id, or `adfs` for a client of the AD FS that each authority has next to Entra.
    package var tenantID: String
    package var federatedCredentials: [FederatedCredential]?
    package var clientSecrets: [String]?
    /// The certificates that the application registered for signing its own assertions: each is PEM, or
    /// the path of a PEM file, relative to the seed.
    package var clientCertificates: [String]?
    /// The subjects of the service accounts that may use the identity through the cluster's token proxy.
    package var boundServiceAccounts: [String]?

    /// The id of the identity's service principal. It is derived from the client id, so that it is the same
    /// at each start.
    var objectID: String { String(clientID.lowercased().reversed()) }

    /// Whether the identity has this client id. Client ids ignore case.
    func hasClientID(_ text: String) -> Bool { clientID.lowercased() == text.lowercased() }
}

/// A federated credential: a caller with a token of this issuer, subject and audience is the identity.
package struct FederatedCredential: Codable, Sendable {
    /// The audience of credentials that do not name one.
    static let defaultAudience = "api://AzureADTokenExchange"

    package var name: String?
    /// The built-in cluster's issuer if nil.
    package var issuer: String?
    package var subject: String
    /// `defaultAudience` if nil.
    package var audience: String?

    package init(name: String?, issuer: String?, subject: String, audience: String?) {
        self.name = name
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
    }
}

/// An OIDC issuer other than the built-in cluster whose tokens Entra accepts.
package struct TrustedIssuer: Codable, Sendable {
    package var url: String
    /// The place of the issuer's JSON Web Key Set: a file, relative to the seed, or an http(s) URL.
    package var jwks: String
}

/// The part of the emulator's state that Entra reads.
protocol IdentityStorage: Sendable {
    var identities: [EntraIdentity] { get }
    /// The tenants that exist, because an identity or a vault belongs to them.
    var tenantIDs: [String] { get }
}
