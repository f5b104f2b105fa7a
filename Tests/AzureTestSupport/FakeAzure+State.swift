package import Azure
internal import SecretMemory

extension FakeAzure {
    /// The content of Azure, and the current faults. Clients are named by their id.
    package struct State: Sendable {
        // MARK: Entra and the node's token services

        /// The subjects that a client trusts: `CLIENT SUBJECT`.
        package var federation: Set<String> = []
        /// The same for the cluster's token proxy.
        package var bindings: Set<String> = []
        /// `CLIENT SECRET`.
        package var clientSecrets: Set<String> = []
        /// The tenant of each client. If nil, each client exists in each tenant.
        package var tenants: [String: String]?
        package var tokenLifetime = 3600
        /// The tokens that are valid.
        package var tokens: [String: IssuedToken] = [:]
        /// The tenant of the last request for a token.
        package var lastTenant = ""
        /// The client of the node's system-assigned identity, and those that are assigned to it by a user.
        package var nodeClient = "app-1"
        package var assignedClients: Set<String> = []
        /// The client that aad-pod-identity assigns to a pod: `NAMESPACE POD`.
        package var podClients: [String: String] = [:]

        // MARK: Key Vault

        /// The tenant of each vault. If nil, each vault exists and accepts the tokens of each tenant.
        package var vaults: [String: String]?
        package var roles: Set<Role> = []
        /// `VAULT NAME`.
        package var secrets: [String: Secret] = [:]
        /// Recorded responses, for example to requests for keys: `VAULT TYPE/NAME`, in lower case.
        package var bundles: [String: Bundle] = [:]
        /// The number of items on a page of a list.
        package var pageSize = 25

        // MARK: Faults

        /// The response of Entra and of the node's token services, instead of a token.
        package var entraStatus: Int?
        /// The response of all vaults.
        package var vaultStatus: Int?
        package var vaultHeaders: [(name: String, value: String)] = []
        /// The vaults refuse connections.
        package var isUnreachable = false
        /// The responses of single vaults (`VAULT`) or objects (`VAULT NAME`); 0 refuses the connection.
        package var statuses: [String: Int] = [:]
        /// The remaining responses, if a script gives all responses.
        var script: [Step]?

        // MARK: Requests

        /// The requests so far, in order: `token CLIENT`, `get VAULT NAME`, `versions VAULT NAME`, `list VAULT`.
        package var calls: [String] = []
        /// The requests themselves, and the timeout of each.
        package var requests: [HTTPRequest] = []
        package var timeouts: [Duration] = []
        /// Runs when a request arrives, before its response is made.
        package var onArrival: (@Sendable (String) async -> Void)?

        package init() {}

        /// Makes an access token of `client`.
        mutating func issue(_ client: String, _ tenant: String, _ resource: String) -> String {
            let token = "token-\(tokens.count)-\(client)"
            tokens[token] = IssuedToken(client: client, tenant: tenant, resource: resource)
            return token
        }
    }

    package struct IssuedToken: Sendable {
        var client: String
        var tenant: String
        var resource: String
    }

    /// What a client may read in a vault. The literal `CLIENT VAULT` stands for all secrets in it.
    package struct Role: Hashable, Sendable, ExpressibleByStringInterpolation {
        package var client: String
        package var vault: String
        package var types: Set<String>
        /// `TYPE/NAME`, if the role is for one object.
        package var object: String?

        package init(stringLiteral value: String) {
            let words = value.split(separator: " ")
            precondition(words.count == 2, "a role is written CLIENT VAULT")
            self.init(client: String(words[0]), vault: String(words[1]))
        }

        package init(client: String, vault: String, types: Set<String> = ["secrets"], object: String? = nil) {
            (self.client, self.vault, self.types, self.object) = (client, vault, types, object)
        }
    }

    package struct Bundle: Sendable {
        var status: Int
        var body: String
    }

    package struct Version: Sendable {
        package var id: String
        package var value: String
        package var isEnabled = true
        /// Seconds since 1970.
        package var created = 0
    }

    package struct Secret: Sendable {
        /// From the oldest version on; never empty.
        var versions: [Version]
        package var contentType: String?
        package var tags: [String: String] = [:]
        /// Whether the secret belongs to a certificate.
        package var isManaged = false
        /// Seconds since 1970.
        package var expires: Int?
        package var notBefore: Int?

        /// The versions `v1`, `v2` and so on, of which `version` is the latest. `earlier` has the values of those
        /// before it; a version without one has the value of the latest.
        package init(version: Int, value: String, isEnabled: Bool = true, earlier: [String] = []) {
            versions = (1...version).map { number in
                Version(
                    id: "v\(number)", value: number <= earlier.count ? earlier[number - 1] : value,
                    isEnabled: number < version || isEnabled, created: number)
            }
        }

        init(versions: [Version], contentType: String?) {
            (self.versions, self.contentType) = (versions, contentType)
        }

        /// The value of the latest version.
        package var value: String {
            get { versions[versions.count - 1].value }
            set { versions[versions.count - 1].value = newValue }
        }

        /// Adds a version with the value of the latest.
        package mutating func addVersion() {
            let number = versions.count + 1
            versions.append(Version(id: "v\(number)", value: value, created: number))
        }

        /// Whether the latest version is enabled.
        package var isEnabled: Bool {
            get { versions[versions.count - 1].isEnabled }
            set { versions[versions.count - 1].isEnabled = newValue }
        }
    }
}
