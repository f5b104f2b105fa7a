package import Documents
internal import SecretMemory

/// What a ServiceAccount's annotations say of whom its pods are in Azure.
package struct AnnotatedIdentity: Hashable, Sendable {
    package static let clientIDAnnotation = "azure.workload.identity/client-id"
    package static let tenantIDAnnotation = "azure.workload.identity/tenant-id"

    /// The most bytes that a client or tenant can have.
    static let longest = 255

    /// Nil if the annotation does not exist or is empty.
    package var clientID: String?
    package var tenantID: String?

    package init(clientID: String?, tenantID: String?) {
        // Annotations may have 256 KiB, and this is kept: of what is too long to be an id, enough to say so.
        func meant(_ text: String?) -> String? {
            guard let text = text?.trimmingSpace(), !text.isEmpty else { return nil }
            return String(decoding: text.utf8.prefix(Self.longest + 1), as: UTF8.self)
        }
        self.clientID = meant(clientID)
        self.tenantID = meant(tenantID)
    }

    /// Reads a ServiceAccount's JSON.
    package init(parsing account: JSONObject) {
        let annotations = account["metadata"]?.object?["annotations"]?.object
        self.init(
            clientID: annotations?[Self.clientIDAnnotation]?.text,
            tenantID: annotations?[Self.tenantIDAnnotation]?.text)
    }

    /// Instead of what is yet to be read, so that all else can be checked before.
    static let unread = AnnotatedIdentity(clientID: "unread", tenantID: "unread")
}

extension MountRequest {
    /// The service account whose annotations are to name the client; nil where the class names one, chooses
    /// another mode, or the volume brings a credential.
    ///
    /// It is whom the kubelet names. Those keys it writes over what a pod's `volumeAttributes` say.
    package var annotatedAccount: ServiceAccountReference? {
        guard case .servicePrincipal? = try? IdentityMode.requested(by: attributes), !bringsCredential else {
            return nil
        }
        let pod = PodReference(attributes)
        return ServiceAccountReference(namespace: pod.namespace, name: pod.serviceAccount)
    }

    /// Something of nodePublishSecretRef, in addition to the tokens that newer kubelets put among the secrets.
    private var bringsCredential: Bool {
        secrets?.keys.contains { $0 != ServiceAccountTokens.attribute } ?? false
    }

    /// The request before the annotations are read, for checking the rest of it.
    package func awaitingClient(of account: ServiceAccountReference) throws(ProviderError) -> MountRequest {
        try resolvingClient(from: .unread, of: account)
    }

    /// The request as if the class named the client that the annotations of its service account name, and
    /// also their tenant if it names none itself.
    package func resolvingClient(
        from identity: AnnotatedIdentity, of account: ServiceAccountReference
    ) throws(ProviderError) -> MountRequest {
        let pod = PodReference(attributes)
        guard !account.name.isEmpty,
            account == ServiceAccountReference(namespace: pod.namespace, name: pod.serviceAccount)
        else { throw ProviderError(.podInfoMissing, "the pod's service account is not provided") }
        var request = self
        var errors: [ProviderError] = []
        func take(_ value: String?, _ annotation: String, for parameter: String, _ isValid: (String) -> Bool) {
            let problem = AnnotationProblem(
                annotation: annotation, parameter: parameter, account: account,
                className: pod.secretProviderClass)
            guard let value else { return errors.append(problem.missing) }
            guard isValid(value) else { return errors.append(problem.invalid(value)) }
            request.attributes.set(parameter, to: value)
        }
        take(identity.clientID, AnnotatedIdentity.clientIDAnnotation, for: "clientID", Self.isClientID)
        if attributes["tenantID"].isEmpty, attributes["tenantId"].isEmpty {
            take(identity.tenantID, AnnotatedIdentity.tenantIDAnnotation, for: "tenantID", TenantName.isValid)
        }
        if let error = ProviderError.combining(errors) { throw error }
        request.clientSourceAccount = account
        return request
    }

    /// A class's clientID may be any text, which is Entra's to judge. An annotation is cut where it is too long,
    /// so what cannot be an id is refused.
    private static func isClientID(_ text: String) -> Bool {
        text.utf8.count <= AnnotatedIdentity.longest && text.utf8.allSatisfy { ASCII.visible.contains($0) }
    }
}

/// Says what is wrong with an annotation, and the two ways to fix it.
private struct AnnotationProblem {
    var annotation: String
    var parameter: String
    var account: ServiceAccountReference
    var className: String

    private var classTitle: String { className.isEmpty ? "" : " \(className.clipped)" }

    var missing: ProviderError {
        ProviderError(
            .annotationMissing,
            "the SecretProviderClass\(classTitle) does not set \(parameter), and ServiceAccount \(account.path) does not"
                + " have the annotation \(annotation)",
            hint: hint(overwrites: false))
    }

    func invalid(_ value: String) -> ProviderError {
        let kind = parameter == "tenantID" ? "neither a directory id nor a domain name" : "not a client id"
        return ProviderError(
            .annotationInvalid,
            "the annotation \(annotation) of ServiceAccount \(account.path) is \(value.clipped), which is \(kind)",
            hint: hint(overwrites: true))
    }

    private func hint(overwrites: Bool) -> String {
        let value = parameter == "tenantID" ? "TENANT_ID" : "CLIENT_ID"
        return
            "kubectl annotate serviceaccount \(account.name.clipped) -n \(account.namespace.clipped)"
            + "\(overwrites ? " --overwrite" : "") \(annotation)=\(value), or set \(parameter) in the"
            + " SecretProviderClass\(classTitle)"
    }
}
