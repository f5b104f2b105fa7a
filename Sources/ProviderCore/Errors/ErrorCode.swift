/// Every reason for which a mount can fail. The raw values are stable, because alerts and runbooks can name them;
/// `akv-csi explain` describes each of them.
package enum ErrorCode: String, CaseIterable, Sendable {
    // The manifest.
    case parameterMissing = "parameter-missing"
    case parameterInvalid = "parameter-invalid"
    case identityModeConflict = "identity-mode-conflict"
    case cloudInvalid = "cloud-invalid"
    case objectsMalformed = "objects-malformed"
    case objectInvalid = "object-invalid"
    case pathInvalid = "path-invalid"
    case pathConflict = "path-conflict"
    case contentInvalid = "content-invalid"
    case limitExceeded = "limit-exceeded"

    // The cluster.
    case requestMalformed = "request-malformed"
    case podInfoMissing = "pod-info-missing"
    case tokenMissing = "token-missing"
    case tokenMalformed = "token-malformed"
    case tokenAudience = "token-audience"
    case tokenExpired = "token-expired"
    case credentialsMissing = "credentials-missing"
    case credentialsInvalid = "credentials-invalid"
    case annotationMissing = "annotation-missing"
    case annotationInvalid = "annotation-invalid"
    case serviceAccountMismatch = "service-account-mismatch"
    case kubernetesRefused = "kubernetes-refused"
    case kubernetesUnavailable = "kubernetes-unavailable"

    // The operator.
    case policyDenied = "policy-denied"

    // Entra and Key Vault.
    case exchangeRefused = "exchange-refused"
    case managedIdentityRefused = "managed-identity-refused"
    case tokenProxyUnavailable = "token-proxy-unavailable"
    case vaultUnauthorized = "vault-unauthorized"
    case vaultForbidden = "vault-forbidden"
    case objectDisabled = "object-disabled"
    case objectNotFound = "object-not-found"
    case objectExpired = "object-expired"
    case requestRefused = "request-refused"
    case throttled
    case serviceUnavailable = "service-unavailable"
    case unreachable
    case timedOut = "timed-out"
    case answerMalformed = "answer-malformed"

    // The response.
    case answerTooLarge = "answer-too-large"
    case cancelled
    case `internal`

    /// The kind of a failure. The transport maps it to a gRPC code in one place.
    package enum Category: Sendable {
        /// The SecretProviderClass or the pod's volume is wrong.
        case manifest
        /// The cluster lacks a setting, for all pods or for this one.
        case setup
        /// Entra or the vault does not accept the identity.
        case identity
        /// Entra or the vault knows the identity, but the identity does not have the permission.
        case permission
        case notFound
        /// A service is throttling, unreachable or too slow, a response is too large, or the provider has a bug.
        case `internal`
    }

    package var category: Category {
        switch self {
        case .parameterMissing, .parameterInvalid, .identityModeConflict, .cloudInvalid,
            .objectsMalformed, .objectInvalid, .pathInvalid, .pathConflict, .contentInvalid, .requestMalformed,
            .limitExceeded, .requestRefused:
            .manifest
        case .podInfoMissing, .tokenMissing, .tokenMalformed, .tokenAudience, .credentialsMissing,
            .credentialsInvalid, .tokenProxyUnavailable, .objectExpired, .annotationMissing, .annotationInvalid,
            .serviceAccountMismatch, .kubernetesRefused:
            .setup
        case .tokenExpired, .exchangeRefused, .managedIdentityRefused, .vaultUnauthorized: .identity
        case .vaultForbidden, .objectDisabled, .policyDenied: .permission
        case .objectNotFound: .notFound
        case .throttled, .serviceUnavailable, .unreachable, .timedOut, .answerMalformed, .answerTooLarge, .cancelled,
            .internal, .kubernetesUnavailable:
            .internal
        }
    }

    /// Whether the service could not answer, at least for now, so that its last answer may still be valid.
    package var isOutage: Bool {
        switch self {
        case .throttled, .serviceUnavailable, .unreachable, .timedOut: true
        default: false
        }
    }

    /// The fix that is suggested when the error does not have a more specific one: one command or setting.
    package var hint: String {
        switch self {
        case .parameterMissing: "set the parameter under spec.parameters of the SecretProviderClass"
        case .parameterInvalid: "correct the parameter under spec.parameters of the SecretProviderClass"
        case .identityModeConflict:
            "set only one of usePodIdentity, useVMManagedIdentity and useAzureTokenProxy to \"true\""
        case .cloudInvalid:
            "set cloudName to AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud or AzureStackCloud"
        case .objectsMalformed:
            "write objects as a YAML text with the key array and a list of objects, each with objectName and objectType"
        case .objectInvalid: "correct the object under spec.parameters.objects of the SecretProviderClass"
        case .pathInvalid: "set objectAlias to a plain relative path without '..'"
        case .pathConflict: "give each object an objectAlias that is not the path or a folder of another object"
        case .contentInvalid: "compare objectFormat and objectEncoding with the content of the object in the vault"
        case .requestMalformed: "use a Secrets Store CSI driver, version 1.3 or later"
        case .podInfoMissing:
            "kubectl patch csidriver secrets-store.csi.k8s.io --type=merge -p '{\"spec\":{\"podInfoOnMount\":true}}'"
        case .tokenMissing, .tokenAudience:
            "add the audience api://AzureADTokenExchange to spec.tokenRequests of the CSIDriver secrets-store.csi.k8s.io"
        case .tokenMalformed: "find out what modifies the driver's requests: the kubelet never sends such tokens"
        case .tokenExpired: "check the node's clock; the kubelet sends a new token with the next attempt"
        case .credentialsMissing:
            "set clientID for workload identity, or nodePublishSecretRef on the pod's volume for a service principal"
        case .credentialsInvalid: "correct the Secret that nodePublishSecretRef of the pod's volume names"
        case .annotationMissing, .annotationInvalid:
            "annotate the pod's ServiceAccount with azure.workload.identity/client-id, or set clientID in the SecretProviderClass"
        case .serviceAccountMismatch:
            "set podInfoOnMount: true and tokenRequests in the CSIDriver secrets-store.csi.k8s.io"
        case .kubernetesRefused:
            "kubectl apply -f deploy/service-account-annotations.yaml (in the chart: serviceAccountAnnotations.enabled)"
        case .kubernetesUnavailable:
            "the kubelet retries the mount automatically; if it persists, check the network from the provider's pod to the API server, or set clientID in the SecretProviderClass"
        case .policyDenied:
            "request something that a policy rule allows, or ask the cluster operator to extend the policy"
        case .exchangeRefused:
            "compare the issuer, subject and audience of the token with the federated credentials of the identity"
        case .managedIdentityRefused: "assign the managed identity to the node's scale set or virtual machine"
        case .tokenProxyUnavailable:
            "set --sni-name, and check that the cluster is an AKS cluster with identity binding"
        case .vaultUnauthorized: "set tenantID in the SecretProviderClass to the tenant of the vault"
        case .vaultForbidden: "grant the identity a role that reads the objects of the vault"
        case .objectDisabled: "enable the object's version in the vault, or set objectVersion to an enabled one"
        case .objectNotFound: "check objectName, objectType, objectVersion and keyvaultName"
        case .objectExpired: "renew the object in the vault, or lower minRemaining"
        case .limitExceeded: "spread the objects over several SecretProviderClasses, each with a volume of its own"
        case .requestRefused: "compare objectName and objectVersion with the objects in the vault"
        case .throttled:
            "the kubelet retries the mount automatically; if it persists, mount fewer objects or spread them over vaults"
        case .serviceUnavailable:
            "the kubelet retries the mount automatically; if it persists, see the Azure status page"
        case .unreachable: "check network policy, firewall and proxy between the node and this host"
        case .timedOut:
            "the kubelet retries the mount automatically; if it persists, check the network between the node and this host"
        case .answerMalformed: "check whether a proxy between the node and Azure answers in place of Azure"
        case .answerTooLarge: "spread the objects over several volumes; the driver accepts 4 MiB per volume"
        case .cancelled: "the kubelet retries the mount automatically"
        case .internal: "this is a bug in the provider; please report it with the provider's log"
        }
    }
}
