/// A vault as the controls return it, without the values of its secrets.
package struct VaultSummary: Codable, Sendable {
    /// An object of the vault with its versions.
    package struct Object: Codable, Sendable {
        /// One version of an object.
        package struct Version: Codable, Sendable {
            package var id: String
            package var enabled: Bool
            /// Seconds since 1970, like all times in these messages.
            package var created: Int
            package var expires: Int?
        }
        package var name: String
        /// The content type of a secret or a certificate, or the type of a key.
        package var kind: String
        /// Whether the object is the key or the secret of a certificate with the same name.
        package var isManaged: Bool
        package var tags: [String: String]
        /// The newest first.
        package var versions: [Version]
    }
    /// A soft-deleted object. `scheduledPurge` is in seconds since 1970.
    package struct Deleted: Codable, Sendable {
        package var name: String
        package var scheduledPurge: Int
    }
    package var name: String
    package var tenantID: String
    /// The role assignments. They have no effect if the vault has access policies.
    package var access: [RoleAssignment]
    /// nil if the vault uses roles.
    package var accessPolicies: [AccessPolicy]?
    package var firewall: VaultFirewall?
    /// By collection, such as `secrets`.
    package var objects: [String: [Object]]
    /// By collection.
    package var deleted: [String: [Deleted]]
}

/// An identity as the controls return it, without its client secrets and certificates.
package struct IdentitySummary: Codable, Sendable {
    /// A federated credential with the defaults filled in.
    package struct Credential: Codable, Sendable {
        package var name: String
        package var issuer: String
        package var subject: String
        package var audience: String
    }
    package var name: String
    package var clientID: String
    package var tenantID: String
    package var federatedCredentials: [Credential]
}

/// How clients on this machine reach the emulator.
package struct ConnectionSummary: Codable, Sendable {
    /// The directory with the files for clients; nil if there is none.
    package var directory: String?
    /// The seed's file; nil if there is none.
    package var seed: String?
    package var proxyPort: Int
    package var httpsPort: Int
    package var nodePort: Int
    package var clusterIssuer: String
    /// Whether the proxy connects to hosts that do not belong to Azure.
    package var connectsToOtherHosts: Bool
}

/// The controls' response to a change of an object.
package struct ObjectChange: Codable, Sendable {
    /// The id of the version that was added or changed; nil if the change was not about one version.
    package var version: String?
}

/// The controls' response to new faults.
package struct AddedFaults: Codable, Sendable {
    package var ids: [Int]
}

/// The controls' response to a request that they could not carry out.
package struct AdminError: Codable, Sendable {
    package var message: String
}

/// The object `TokenRequest` of the Kubernetes API, as a request and as a response
/// ([reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/)).
package struct TokenRequest: Codable, Sendable {
    /// The request for a token.
    package struct Spec: Codable, Sendable {
        package var audiences: [String]?
        package var expirationSeconds: Int?

        package init(audiences: [String]?, expirationSeconds: Int?) {
            self.audiences = audiences
            self.expirationSeconds = expirationSeconds
        }
    }
    /// The issued token.
    package struct Status: Codable, Sendable {
        package var token: String
        /// RFC 3339.
        package var expirationTimestamp: String
    }
    package var apiVersion: String? = "authentication.k8s.io/v1"
    package var kind: String? = "TokenRequest"
    package var spec: Spec?
    package var status: Status?

    package init(spec: Spec) { self.spec = spec }

    init(status: Status) { self.status = status }
}
