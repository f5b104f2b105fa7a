/// A vault as the controls show it: without a single value.
package struct ShownVault: Codable, Sendable {
    package struct Object: Codable, Sendable {
        package struct Version: Codable, Sendable {
            package var id: String
            package var enabled: Bool
            /// Seconds since 1970, as all times here.
            package var created: Int
            package var expires: Int?
        }
        package var name: String
        /// A secret's content type, a key's type or a certificate's.
        package var kind: String
        /// Whether a certificate of the same name owns it.
        package var isManaged: Bool
        package var tags: [String: String]
        /// The newest first.
        package var versions: [Version]
    }
    package struct Deleted: Codable, Sendable {
        package var name: String
        package var scheduledPurge: Int
    }
    package var name: String
    package var tenantID: String
    package var access: [Seed.Access]
    /// By collection, such as `secrets`.
    package var objects: [String: [Object]]
    package var deleted: [String: [Deleted]]
}

/// An identity as the controls show it: without what it proves itself with.
package struct ShownIdentity: Codable, Sendable {
    /// With what counts where the seed is silent.
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

/// What the controls answer to a change of an object.
package struct ChangedObject: Codable, Sendable {
    /// The version that was made or changed, if it was one.
    package var version: String?
}

/// What the controls answer to new faults.
package struct AddedFaults: Codable, Sendable {
    package var ids: [Int]
}

/// Why a control did not do what it was told.
package struct AdminProblem: Codable, Sendable {
    package var message: String
}

/// Kubernetes' TokenRequest, asked and answered.
package struct TokenRequest: Codable, Sendable {
    package struct Spec: Codable, Sendable {
        package var audiences: [String]?
        package var expirationSeconds: Int?

        package init(audiences: [String]?, expirationSeconds: Int?) {
            self.audiences = audiences
            self.expirationSeconds = expirationSeconds
        }
    }
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
