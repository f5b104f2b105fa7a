/// Every way in which a mount can fail. The raw values are stable: alerts and run books may name them.
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

    // The answer.
    case answerTooLarge = "answer-too-large"
    case cancelled
    case `internal`

    /// What kind of failure it is; the transport turns it into a gRPC code in one place.
    package enum Category: Sendable {
        /// The SecretProviderClass or the pod's volume is wrong.
        case manifest
        /// The cluster lacks something, for all pods or this one.
        case setup
        /// Entra, or the vault, does not accept the identity.
        case identity
        /// The identity is known and may not.
        case permission
        case notFound
        /// Throttled, unreachable, too slow, too big, or a fault of ours.
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

    /// The service could not be asked, or not now: what it last said may still be true.
    package var isOutage: Bool {
        switch self {
        case .throttled, .serviceUnavailable, .unreachable, .timedOut: true
        default: false
        }
    }

    /// What the reader can do, when nothing more precise is known.
    package var hint: String {
        switch self {
        case .parameterMissing: "set the parameter in the SecretProviderClass under spec.parameters"
        case .parameterInvalid: "correct the parameter in the SecretProviderClass under spec.parameters"
        case .identityModeConflict:
            "set at most one of usePodIdentity, useVMManagedIdentity and useAzureTokenProxy to \"true\""
        case .cloudInvalid: "use AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud or AzureStackCloud"
        case .objectsMalformed:
            "write objects as a YAML text with the key array and a list of objects, each with objectName and objectType"
        case .objectInvalid: "correct the object in the SecretProviderClass under spec.parameters.objects"
        case .pathInvalid: "choose an objectAlias that is a plain relative path without '..'"
        case .pathConflict: "give each object an objectAlias of its own that is no directory of another"
        case .contentInvalid:
            "check what the vault holds under this name and the objectFormat and objectEncoding asked for"
        case .requestMalformed: "this request did not come from a Secrets Store CSI driver this provider understands"
        case .podInfoMissing: "deploy a CSIDriver object secrets-store.csi.k8s.io with podInfoOnMount: true"
        case .tokenMissing, .tokenAudience:
            "add the audience api://AzureADTokenExchange to spec.tokenRequests of the CSIDriver secrets-store.csi.k8s.io"
        case .tokenMalformed:
            "check spec.tokenRequests of the CSIDriver secrets-store.csi.k8s.io and the kubelet's version"
        case .tokenExpired: "check the node's clock; the kubelet brings a new token with the next attempt"
        case .credentialsMissing:
            "set clientID for workload identity, or nodePublishSecretRef on the pod's volume for a service principal"
        case .credentialsInvalid:
            "correct the Secret that nodePublishSecretRef of the pod's volume names"
        case .annotationMissing, .annotationInvalid:
            "annotate the pod's ServiceAccount with azure.workload.identity/client-id, or set clientID in the SecretProviderClass"
        case .serviceAccountMismatch:
            "deploy a CSIDriver object secrets-store.csi.k8s.io with podInfoOnMount: true and tokenRequests"
        case .kubernetesRefused:
            "apply deploy/service-account-annotations.yaml (serviceAccountAnnotations.enabled in the chart), or set clientID in the SecretProviderClass"
        case .kubernetesUnavailable:
            "the mount is tried again by itself; check the way from the provider's pod to the API server if it persists; a SecretProviderClass with clientID does not need it"
        case .policyDenied:
            "ask for what a rule permits, or let whoever runs the cluster extend its policy"
        case .exchangeRefused:
            "compare the federated credential of the identity with issuer, subject and audience shown here"
        case .managedIdentityRefused:
            "assign the managed identity to the node's virtual machine or scale set, or to the pod"
        case .tokenProxyUnavailable:
            "identity binding needs an AKS cluster with that feature, and the provider's pod a token for the API server's CA file"
        case .vaultUnauthorized: "check that tenantID is the directory of the vault"
        case .vaultForbidden:
            "grant the identity the role Key Vault Secrets User (secrets), Key Vault Crypto User (keys) or Key Vault Certificate User (certificates) on the vault; a new role takes some minutes"
        case .objectDisabled: "enable the object's version in the vault, or pin an enabled one with objectVersion"
        case .objectNotFound:
            "check objectName, objectType, objectVersion and keyvaultName; a deleted object may be recoverable"
        case .objectExpired: "renew the object in the vault, or lower minRemaining"
        case .limitExceeded: "ask for less in one volume: spread the objects over several SecretProviderClasses"
        case .requestRefused: "check objectName and objectVersion against what the vault holds"
        case .throttled:
            "the mount is tried again by itself; mount fewer objects or spread them over vaults if it persists"
        case .serviceUnavailable: "the mount is tried again by itself; look at the Azure status page if it persists"
        case .unreachable: "check name resolution, network policy, firewall and proxy from the node to this host"
        case .timedOut:
            "the mount is tried again by itself; check the network between the node and this host if it persists"
        case .answerMalformed: "check that nothing between the node and Azure, such as a proxy, answers in its place"
        case .answerTooLarge: "spread the objects over several volumes; the driver takes 4 MiB per volume"
        case .cancelled: "the mount is tried again by itself"
        case .internal: "this is a fault of the provider; please report it with the provider's log"
        }
    }
}
