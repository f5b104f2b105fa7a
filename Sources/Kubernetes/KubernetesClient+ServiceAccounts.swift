internal import Documents
package import ProviderCore

extension KubernetesClient {
    /// Returns the identity that the annotations of `account` name. Throws if the API server does not return the
    /// account.
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
