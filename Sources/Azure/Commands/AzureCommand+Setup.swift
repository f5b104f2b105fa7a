internal import Crypto
package import ProviderCore
internal import SecretMemory

/// Names and commands that set up the Azure side of a class.
extension AzureCommand {
    /// Returns a name for the identity or the federated credential of a service account: letters, digits, hyphens and
    /// an underscore, at most 56 characters. Two accounts never have the same name: a namespace cannot contain an
    /// underscore, and names that are long or have other characters get a digest.
    package static func resourceName(of account: ServiceAccountReference) -> String {
        let name = "\(account.namespace)_\(account.name)"
        guard name.utf8.count > 56 || !name.hasOnlyASCIILettersAndDigits(or: "-_") else { return name }
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" }
        return "\(String(plain).prefix(47))-\(digest(of: account.subject))"
    }

    /// Returns eight digits that differ for different texts.
    package static func digest(of text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).prefix(4).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// The command that assigns an identity to the machines of a node pool, so that pods on them can use it.
    package static let assignToNodes =
        "az vmss identity assign --name SCALE_SET --resource-group NODE_RESOURCE_GROUP --identities IDENTITY_ID"

    /// The command that binds an identity to an AKS cluster, whose token proxy then exchanges the tokens of its pods.
    package static let bindIdentity =
        "az aks identity-binding create --cluster-name CLUSTER --resource-group CLUSTER_RESOURCE_GROUP --name NAME"
        + " --managed-identity-resource-id IDENTITY_ID, then allow the service account use-managed-identity in the cluster"
}
