internal import Crypto
package import ProviderCore
internal import SecretMemory

/// Names and commands for setting up the Azure side of a class.
extension AzureCommand {
    /// A name for the identity or the federated credential of a service account: letters, digits, hyphens and an
    /// underscore, at most 56. No two accounts have one name: a namespace has no underscore, and accounts with other
    /// characters, or with longer names, get a digest.
    package static func resourceName(of account: ServiceAccountReference) -> String {
        let name = "\(account.namespace)_\(account.name)"
        guard name.utf8.count > 56 || !name.hasOnlyASCIILettersAndDigits(or: "-_") else { return name }
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" }
        return "\(String(plain).prefix(47))-\(digest(of: account.subject))"
    }

    /// Eight digits that differ for different texts.
    package static func digest(of text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).prefix(4).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// Assigns an identity to the machines of a node pool, from which pods get it.
    package static let assignToNodes =
        "az vmss identity assign --name SCALE_SET --resource-group NODE_RESOURCE_GROUP --identities IDENTITY_ID"

    /// Binds an identity to an AKS cluster, whose token proxy then signs pods in.
    package static let bindIdentity =
        "az aks identity-binding create --cluster-name CLUSTER --resource-group CLUSTER_RESOURCE_GROUP --name NAME"
        + " --managed-identity-resource-id IDENTITY_ID, then allow the service account use-managed-identity in the cluster"
}
