internal import SecretMemory

extension Identity {
    /// Collects the credential that `mode` needs from the request. One mode never falls back to another: if something
    /// is missing, the error names the chosen mode and the reason for it.
    static func resolve(
        _ mode: IdentityMode, in request: MountRequest, now: Int
    ) throws(ProviderError) -> Identity {
        do throws(ProviderError) {
            switch mode {
            case .workloadIdentity: return try workloadIdentity(request, now)
            case .servicePrincipal: return try servicePrincipal(request, now)
            case .podIdentity: return .podIdentity(PodReference(request.attributes))
            case .vmManagedIdentity:
                let id = request.attributes["userAssignedIdentityID"]
                return .vmManagedIdentity(clientID: id.isEmpty ? nil : id)
            case .azureTokenProxy: return try azureTokenProxy(request, now)
            }
        } catch {
            throw error.prefixed("failed to build auth config for mode \(mode.upstreamPhrase): ")
                .adding([("identity mode", mode.explanation(request.clientSourceAccount))])
        }
    }

    private static func workloadIdentity(_ request: MountRequest, _ now: Int) throws(ProviderError) -> Identity {
        do throws(ProviderError) {
            let token = try ServiceAccountTokens.token(
                for: ServiceAccountTokens.workloadIdentityAudience, in: request, now: now)
            if let account = request.clientSourceAccount { try check(token, isOf: account) }
            return .workloadIdentity(clientID: request.attributes["clientID"], token: token)
        } catch {
            throw error.prefixed("failed to parse workload identity tokens, error: ")
        }
    }

    /// Throws unless the service account named by the kubelet, whose annotations are used, is also the subject of the
    /// token.
    private static func check(
        _ token: ServiceAccountToken, isOf account: ServiceAccountReference
    ) throws(ProviderError) {
        if token.claims?.subject == account.subject { return }
        throw ProviderError(
            .serviceAccountMismatch,
            "the pod's service account is \(account.path), but its token is of"
                + " \(token.claims?.subject?.clipped ?? "no service account")",
            context: token.claims?.context ?? [])
    }

    private static func azureTokenProxy(_ request: MountRequest, _ now: Int) throws(ProviderError) -> Identity {
        let clientID = request.attributes["clientID"]
        guard !clientID.isEmpty else {
            throw ProviderError(
                .parameterMissing, "clientID is required for identity binding",
                cause: "useAzureTokenProxy is \"true\", and AKS identity binding needs clientID, which is not set",
                hint: "set clientID to the client id of the managed identity that is bound to the cluster"
            ).about(parameter: "clientID")
        }
        guard ServiceAccountTokens.arePresent(in: request) else {
            throw ProviderError(
                .tokenMissing, "service account tokens are required for identity binding",
                cause: ServiceAccountTokens.absence,
                hint: ServiceAccountTokens.command(for: ServiceAccountTokens.identityBindingAudience, isFirst: true))
        }
        do throws(ProviderError) {
            let token = try ServiceAccountTokens.token(
                for: ServiceAccountTokens.identityBindingAudience, in: request, now: now)
            return .azureTokenProxy(clientID: clientID, token: token)
        } catch {
            throw error.prefixed("failed to parse service account token for identity binding, error: ")
        }
    }

    /// Reads `clientid` and `clientsecret`, or `clientcertificate`; the keys match in any letter case. A trailing
    /// newline is removed; upstream sends it to Entra and fails.
    ///
    /// If both are set, the client secret is used. Upstream knows only the secret, so its manifests work unchanged.
    private static func servicePrincipal(_ request: MountRequest, _ now: Int) throws(ProviderError) -> Identity {
        guard let secrets = request.secrets else {
            throw credentialsMissing(request.attributes)
        }
        /// If several keys differ only in case, the exact one is used, so that the result does not depend on the order
        /// of the keys.
        func value(_ name: String, keepingSpace: Bool = false) -> SecretBytes? {
            let candidates = secrets.keys.filter { $0.lowercased() == name }.sorted {
                $0 == name || ($1 != name && $0 < $1)
            }
            guard let found = candidates.first.flatMap({ secrets.secret($0) }) else { return nil }
            // Spaces can be part of a password. A line break at its end comes from an editor.
            let value = keepingSpace ? found.droppingLineEnd() : found.trimmingSpace()
            return value.isEmpty ? nil : value
        }
        func missing(_ name: String, _ what: String) -> ProviderError {
            ProviderError(
                .credentialsMissing, "could not find \(name) in secrets",
                cause: "the Secret of nodePublishSecretRef does not have \(what), which the identity mode service"
                    + " principal needs",
                hint:
                    "put \(what) into the Secret that nodePublishSecretRef names, or set clientID for workload identity"
            )
        }
        guard let clientID = value("clientid")?.withExposed({ String(decoding: $0, as: UTF8.self) }) else {
            throw missing("clientid", "the key clientid")
        }
        if let secret = value("clientsecret") { return .servicePrincipal(clientID: clientID, secret: secret) }
        guard let text = value("clientcertificate") else {
            throw missing("clientsecret", "the key clientsecret or clientcertificate")
        }
        do throws(ClientCertificateError) {
            let certificate = try ClientCertificate(
                parsing: text, password: value("clientcertificatepassword", keepingSpace: true))
            try certificate.checkValidity(now: now)
            return .certificatePrincipal(clientID: clientID, certificate: certificate)
        } catch {
            throw ProviderError(
                .credentialsInvalid, "clientcertificate in secrets cannot be used: \(error.reason)", hint: error.hint)
        }
    }

    /// Explains why a class without `clientID` does not have a credential. Most such classes were meant for another
    /// mode.
    private static func credentialsMissing(_ attributes: StringMap) -> ProviderError {
        let message = "failed to get credentials, nodePublishSecretRef secret is not set"
        guard attributes["userAssignedIdentityID"].isEmpty else {
            return ProviderError(
                .credentialsMissing, message,
                cause: "userAssignedIdentityID has no effect without useVMManagedIdentity: \"true\", and the"
                    + " SecretProviderClass has neither that nor clientID",
                hint: "set useVMManagedIdentity: \"true\" in the SecretProviderClass"
            ).about(parameter: "userAssignedIdentityID")
        }
        return ProviderError(
            .credentialsMissing, message,
            cause:
                "the SecretProviderClass does not set clientID, so the identity mode is service principal, and the pod's"
                + " volume has no nodePublishSecretRef for it")
    }
}
