internal import Documents
package import ProviderCore

extension KubernetesClient {
    /// Reads whom `account`'s annotations name.
    package func annotatedIdentity(of account: ServiceAccountReference) async throws(KubernetesError)
        -> AnnotatedIdentity
    {
        let object = try await send(
            .get, KubernetesResource("serviceaccounts", in: account.namespace, named: account.name))
        let metadata = object["metadata"]?.object
        guard metadata?["namespace"]?.text == account.namespace, metadata?["name"]?.text == account.name else {
            throw KubernetesError(.unavailable, "the API server answered with another object")
        }
        return AnnotatedIdentity(parsing: object)
    }
}
