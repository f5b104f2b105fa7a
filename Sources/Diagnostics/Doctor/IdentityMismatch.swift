internal import ProviderCore
internal import SecretMemory

/// The clients of a class and of its ServiceAccount's annotation, if they differ.
///
/// This is allowed, but if Azure refuses the client of the class, it is the likely cause.
struct IdentityMismatch {
    private let classClient: String
    private let annotatedClient: String

    /// Returns nil if both name the same client, or if one of them does not name any.
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
