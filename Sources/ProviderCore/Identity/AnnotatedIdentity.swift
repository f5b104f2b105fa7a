package import Documents
internal import SecretMemory

/// The Azure identity that the annotations of a ServiceAccount name.
package struct AnnotatedIdentity: Hashable, Sendable {
    package static let clientIDAnnotation = "azure.workload.identity/client-id"
    package static let tenantIDAnnotation = "azure.workload.identity/tenant-id"

    /// The maximum length of a client ID or a tenant, in bytes.
    static let longest = 255

    /// The client ID; nil if the annotation does not exist or is empty.
    package var clientID: String?
    /// The tenant; nil if the annotation does not exist or is empty.
    package var tenantID: String?

    package init(clientID: String?, tenantID: String?) {
        // Annotations can have 256 KiB, and this value is cached. A text that is too long for an ID keeps only the part
        // that shows so.
        func meant(_ text: String?) -> String? {
            guard let text = text?.trimmingSpace(), !text.isEmpty else { return nil }
            return String(decoding: text.utf8.prefix(Self.longest + 1), as: UTF8.self)
        }
        self.clientID = meant(clientID)
        self.tenantID = meant(tenantID)
    }

    /// Reads the annotations from the JSON of a ServiceAccount.
    package init(parsing account: JSONObject) {
        let annotations = account["metadata"]?.object?["annotations"]?.object
        self.init(
            clientID: annotations?[Self.clientIDAnnotation]?.text,
            tenantID: annotations?[Self.tenantIDAnnotation]?.text)
    }

    /// A placeholder for annotations that are not read yet, so that the rest of the request can be checked first.
    static let unread = AnnotatedIdentity(clientID: "unread", tenantID: "unread")
}

extension MountRequest {
    /// The service account whose annotations provide the client ID. It is nil if the class names a client, the class
    /// chooses another mode, or the volume has a credential.
    ///
    /// The kubelet provides its name and namespace: it overwrites these keys in a pod's `volumeAttributes`, so a pod
    /// cannot choose them.
    package var annotatedAccount: ServiceAccountReference? {
        guard case .servicePrincipal? = try? IdentityMode.requested(by: attributes), !bringsCredential else {
            return nil
        }
        let pod = PodReference(attributes)
        return ServiceAccountReference(namespace: pod.namespace, name: pod.serviceAccount)
    }

    /// Whether the volume has a nodePublishSecretRef. Its keys come in addition to the tokens that newer kubelets put
    /// among the secrets.
    private var bringsCredential: Bool {
        secrets?.keys.contains { $0 != ServiceAccountTokens.attribute } ?? false
    }

    /// Returns the request with a placeholder for the annotations, so that the rest of it can be checked before they
    /// are read.
    package func awaitingClient(of account: ServiceAccountReference) throws(ProviderError) -> MountRequest {
        try resolvingClient(from: .unread, of: account)
    }

    /// Returns the request with the client ID that the service account's annotations name, and with their tenant if the
    /// class does not name one. Throws if an annotation is missing or invalid, or if the request does not name the
    /// service account.
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

    /// A class can set clientID to any text, and Entra then decides. A text from an annotation can be shortened, so it
    /// is refused here if it cannot be an ID.
    private static func isClientID(_ text: String) -> Bool {
        text.utf8.count <= AnnotatedIdentity.longest && text.utf8.allSatisfy { ASCII.visible.contains($0) }
    }
}

/// Describes what is wrong with an annotation, and the two ways to fix it.
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
