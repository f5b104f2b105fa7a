internal import ProviderCore
internal import SecretMemory

/// A client that the class names and the annotation of the pod's ServiceAccount does not.
///
/// That is allowed, but if Azure refuses the client of the class, it is the likely cause.
struct IdentityMismatch {
    private let classClient: String
    private let annotatedClient: String

    /// Nil if both name the same client or one of them names none.
    init?(_ authentication: AuthenticationContext, _ annotations: AnnotatedIdentity?) {
        switch authentication.identity.mode {
        case .workloadIdentity, .azureTokenProxy: break
        case .servicePrincipal, .vmManagedIdentity, .podIdentity: return nil
        }
        let client = authentication.identity.clientID
        guard let annotated = annotations?.clientID, !client.isEmpty, annotated.lowercased() != client.lowercased()
        else { return nil }
        (classClient, annotatedClient) = (client, annotated)
    }

    var remark: String {
        "the class has clientID \(classClient.clipped), the ServiceAccount's annotation "
            + "\(AnnotatedIdentity.clientIDAnnotation) has \(annotatedClient.clipped)"
    }

    var fix: String {
        "set clientID: \(annotatedClient.clipped) in the SecretProviderClass, as the ServiceAccount's annotation has it"
    }
}
