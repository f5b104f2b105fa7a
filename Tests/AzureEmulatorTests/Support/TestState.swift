import Foundation

@testable import AzureEmulator

extension EntraIdentity {
    static let testTenant = "99999999-9999-4999-8999-999999999999"
    static let testClient = "11111111-aaaa-4aaa-8aaa-000000000001"

    /// An identity with no proofs and no roles.
    static func test(
        name: String = "reader", clientID: String = testClient, tenantID: String = testTenant,
        federatedCredentials: [FederatedCredential]? = nil, clientSecrets: [String]? = nil,
        clientCertificates: [String]? = nil, boundServiceAccounts: [String]? = nil
    ) -> EntraIdentity {
        EntraIdentity(
            name: name, clientID: clientID, tenantID: tenantID, federatedCredentials: federatedCredentials,
            clientSecrets: clientSecrets, clientCertificates: clientCertificates,
            boundServiceAccounts: boundServiceAccounts)
    }
}

extension StateStore {
    /// A store in memory. Its keys cannot sign anything.
    static func test(vaults: [Vault] = [], identities: [EntraIdentity] = []) throws -> StateStore {
        try StateStore(.test(vaults: vaults, identities: identities))
    }
}

extension EmulatorState {
    static func test(vaults: [Vault] = [], identities: [EntraIdentity] = []) -> EmulatorState {
        EmulatorState(
            vaults: vaults, identities: identities,
            keys: Keys(cluster: "", tokens: Data(), authority: CertificateAuthority.Stored(key: "", certificate: [])))
    }
}
