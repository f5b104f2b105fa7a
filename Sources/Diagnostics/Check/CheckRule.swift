/// The rules of `akv-csi check` in addition to the provider's own, whose ids are error codes. The raw values are
/// stable, because suppressions on code hosts name them.
package enum CheckRule: String, CaseIterable, Sendable {
    // Any manifest.
    case yamlInvalid = "yaml-invalid"
    case fileUnreadable = "file-unreadable"
    case keyDuplicate = "key-duplicate"
    case templateUnrendered = "template-unrendered"
    case kustomizePatch = "kustomize-patch"

    // SecretProviderClass.
    case manifestInvalid = "manifest-invalid"
    case apiVersionOutdated = "api-version-outdated"
    case providerName = "provider-name"
    case parameterNotText = "parameter-not-text"
    case parameterUnknown = "parameter-unknown"
    case parameterPlaceholder = "parameter-placeholder"
    case parameterWithoutEffect = "parameter-without-effect"
    case keyMisplaced = "key-misplaced"
    case namespaceMissing = "namespace-missing"
    case objectKeyUnknown = "object-key-unknown"
    case objectNotText = "object-not-text"
    case objectName = "object-name"
    case objectVersion = "object-version"
    case objectVersionHistory = "object-version-history"
    case pfxOfCertificate = "pfx-of-certificate"
    case secretObjectInvalid = "secret-object-invalid"
    case secretObjectFileMissing = "secret-object-file-missing"
    case secretObjectTLSKey = "secret-object-tls-key"
    case secretObjectTLSFile = "secret-object-tls-file"
    case secretObjectName = "secret-object-name"
    case secretObjectKey = "secret-object-key"
    case secretObjectKeyMissing = "secret-object-key-missing"
    case secretNameConflict = "secret-name-conflict"
    case secretTooLarge = "secret-too-large"
    case volumeTooLarge = "volume-too-large"
    case modeDeprecated = "mode-deprecated"

    // Pods, and objects that create pods.
    case driverName = "driver-name"
    case volumeNotReadOnly = "volume-not-read-only"
    case volumeAttribute = "volume-attribute"
    case parameterOverridden = "parameter-overridden"
    case classMissing = "class-missing"
    case subPath = "sub-path"
    case subPathMissing = "sub-path-missing"
    case secretKeyMissing = "secret-key-missing"
    case secretNotMounted = "secret-not-mounted"
    case nodePublishSecret = "node-publish-secret"
    case nodePublishSecretOwn = "node-publish-secret-own"
    case identityLabel = "identity-label"
    case podIdentityLeftover = "pod-identity-leftover"

    // ServiceAccount.
    case identityAnnotation = "identity-annotation"
    case identityMismatch = "identity-mismatch"
    case serviceAccountMissing = "service-account-missing"

    // CSIDriver.
    case tokenRequestsMissing = "token-requests-missing"
    case driverWithoutPodInfo = "csidriver-pod-info"
    case republishMissing = "csidriver-republish"
    case lifecycleMode = "csidriver-lifecycle-mode"

    package var severity: Finding.Severity {
        switch self {
        case .yamlInvalid, .fileUnreadable, .keyDuplicate, .manifestInvalid, .providerName, .parameterNotText,
            .secretObjectInvalid, .secretObjectFileMissing, .secretObjectTLSKey, .driverName, .volumeNotReadOnly,
            .volumeAttribute, .classMissing, .tokenRequestsMissing, .driverWithoutPodInfo, .lifecycleMode,
            .templateUnrendered, .keyMisplaced, .objectName, .objectVersion, .objectVersionHistory,
            .secretObjectTLSFile, .secretObjectName, .secretObjectKey, .secretObjectKeyMissing, .subPathMissing,
            .secretKeyMissing, .nodePublishSecretOwn:
            .error
        case .apiVersionOutdated, .parameterUnknown, .parameterPlaceholder, .parameterWithoutEffect, .objectKeyUnknown,
            .secretNameConflict, .modeDeprecated, .parameterOverridden, .subPath, .nodePublishSecret,
            .identityLabel, .podIdentityLeftover, .identityAnnotation, .identityMismatch, .serviceAccountMissing,
            .republishMissing, .secretNotMounted:
            .warning
        case .objectNotText, .secretTooLarge, .volumeTooLarge, .kustomizePatch, .namespaceMissing, .pfxOfCertificate:
            .note
        }
    }

    /// The subject of the rule in one line.
    package var title: String {
        switch self {
        case .yamlInvalid: "The file is not YAML"
        case .fileUnreadable: "The file cannot be read"
        case .keyDuplicate: "A mapping has the same key twice"
        case .templateUnrendered: "The file is a template that is not rendered yet"
        case .kustomizePatch: "The file is a kustomize patch, not a whole object"
        case .manifestInvalid: "The API server would refuse the object"
        case .apiVersionOutdated: "The API version is outdated"
        case .providerName: "The provider's name is misspelled"
        case .parameterNotText: "A parameter is not a text"
        case .parameterUnknown: "A parameter that the provider ignores"
        case .parameterPlaceholder: "A parameter still holds a placeholder, or is not an id"
        case .parameterWithoutEffect: "A parameter of another identity mode has no effect"
        case .keyMisplaced: "A key is in the wrong place"
        case .namespaceMissing: "The class or the pod has no namespace"
        case .objectName: "Key Vault cannot have an object of that name"
        case .objectVersion: "Key Vault cannot have that version"
        case .objectVersionHistory: "A history of more versions than one volume may read"
        case .pfxOfCertificate: "The file is a PFX only if the vault stores the certificate as PFX"
        case .objectKeyUnknown: "A key of an object that the provider ignores"
        case .objectNotText: "An object is a mapping, not a text"
        case .secretObjectInvalid: "An entry of secretObjects is incomplete"
        case .secretObjectFileMissing: "secretObjects names a file that the volume does not hold"
        case .secretObjectTLSKey: "A TLS Secret has another key than tls.crt and tls.key"
        case .secretObjectTLSFile: "A file cannot hold the certificate or the key of the TLS Secret"
        case .secretObjectName: "The API server refuses the Secret's name"
        case .secretObjectKey: "The API server refuses a key of the Secret"
        case .secretObjectKeyMissing: "A Secret of that type needs another key"
        case .secretNameConflict: "Two entries write one Secret"
        case .secretTooLarge: "The Secret can grow over Kubernetes' limit of 1 MiB"
        case .volumeTooLarge: "The volume can grow over the driver's limit of 4 MiB"
        case .modeDeprecated: "The identity mode is deprecated"
        case .driverName: "The driver's name is misspelled"
        case .volumeNotReadOnly: "The volume is not read-only"
        case .volumeAttribute: "The volume names no class"
        case .parameterOverridden: "A volume overrides parameters of its class"
        case .classMissing: "The class is not in the pod's namespace"
        case .subPath: "A subPath mount never sees a rotation"
        case .subPathMissing: "A subPath names a file that the volume does not hold"
        case .secretKeyMissing: "A pod uses a key that the class does not write to the Secret"
        case .secretNotMounted: "A pod uses the class's Secret, and no pod mounts the class"
        case .nodePublishSecretOwn: "The class's own Secret cannot hold the credential for the class"
        case .nodePublishSecret: "nodePublishSecretRef and the class do not fit"
        case .identityLabel: "The workload identity label is misspelled or out of place"
        case .podIdentityLeftover: "Something of aad-pod-identity is left behind"
        case .identityAnnotation: "A workload identity annotation is misspelled or out of place"
        case .identityMismatch: "ServiceAccount and class name different identities"
        case .serviceAccountMissing: "The ServiceAccount is misspelled"
        case .tokenRequestsMissing: "The CSIDriver asks for no token"
        case .driverWithoutPodInfo: "The CSIDriver does not pass the pod on"
        case .republishMissing: "The CSIDriver does not ask to be called again"
        case .lifecycleMode: "The CSIDriver does not allow ephemeral volumes"
        }
    }
}
