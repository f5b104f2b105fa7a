import Diagnostics
import ProviderCore

extension CheckCase {
    private typealias M = MarkedManifest

    static let all =
        files + classes + objects + secretObjects + workloads + identities + drivers + keyVault + secrets + templates

    private static let sound = M.secretProviderClass(M.client + M.objects) + "\n"

    private static let files = [
        CheckCase(.yamlInvalid, "indent with spaces", "a:\n▸\tb: 1"),
        CheckCase(.keyDuplicate, "already set in line 3", "kind: ConfigMap\ndata:\n  a: x\n  ▸a: y"),
    ]

    private static let classes = [
        CheckCase(
            .apiVersionOutdated, "secrets-store.csi.x-k8s.io/v1",
            sound.replacing(": secrets-store.csi.x-k8s.io/v1\n", with: ": ▸secrets-store.csi.x-k8s.io/v1alpha1\n")),
        CheckCase(.manifestInvalid, "metadata.name", sound.replacing("name: c, namespace", with: "▸namespace")),
        CheckCase(.providerName, "azure.sock", M.secretProviderClass("", provider: "▸azur")),
        CheckCase(
            .parameterNotText, "useVMManagedIdentity: \"false\"",
            M.secretProviderClass(M.client + "    useVMManagedIdentity: ▸false\n" + M.objects)),
        CheckCase(
            .parameterUnknown, "write clientID: letter case counts",
            M.secretProviderClass(M.client + "    ▸clientId: x\n" + M.objects)),
        CheckCase(
            .parameterUnknown, "did you mean cloudName?",
            M.secretProviderClass(M.client + "    ▸cloudNames: x\n" + M.objects)),
        CheckCase(
            .parameterUnknown, "did you mean keyvaultName?",
            M.secretProviderClass(M.client + "    ▸vaultName: x\n" + M.objects)),
        CheckCase(
            .parameterUnknown, "remove it; known are keyvaultName",
            M.secretProviderClass(M.client + "    ▸useWorkloadIdentity: \"true\"\n" + M.objects)),
        CheckCase(
            .parameterPlaceholder, "az identity show", M.secretProviderClass("    clientID: ▸my-client\n" + M.objects)),
        CheckCase(
            .parameterWithoutEffect, "write useVMManagedIdentity: \"true\"",
            M.secretProviderClass("    userAssignedIdentityID: ▸5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20\n" + M.objects)),
        CheckCase(
            .parameterWithoutEffect, "remove userAssignedIdentityID",
            M.secretProviderClass(
                M.client + "    userAssignedIdentityID: ▸5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20\n" + M.objects)),
        CheckCase(
            .parameterWithoutEffect, "write userAssignedIdentityID instead of clientID",
            M.secretProviderClass(
                "    useVMManagedIdentity: \"true\"\n    clientID: ▸5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20\n" + M.objects)
        ),
        CheckCase(
            .modeDeprecated, "akv-csi migrate", M.secretProviderClass("    usePodIdentity: ▸\"true\"\n" + M.objects)),
        CheckCase(
            .parameterMissing, "objects is not set",
            M.secretProviderClass(M.client).replacing("  parameters:", with: "  ▸parameters:")),
        CheckCase(
            .parameterInvalid, "must match",
            M.secretProviderClass(M.client + M.objects).replacing("kv-tests", with: "▸kv.tests")),
        CheckCase(
            .parameterInvalid, "refreshInterval",
            M.secretProviderClass(M.client + "    refreshInterval: ▸5 minutes\n" + M.objects)),
        CheckCase(
            .cloudInvalid, "There is no cloud environment",
            M.secretProviderClass(M.client + "    cloudName: ▸AzureMoonCloud\n" + M.objects)),
        CheckCase(
            .parameterInvalid, "usePodIdentity is \"yes\"",
            M.secretProviderClass(M.client + "    usePodIdentity: ▸\"yes\"\n" + M.objects)),
    ]

    private static func entry(_ lines: String) -> String {
        M.secretProviderClass(
            M.client + "    objects: |\n      array:\n        - |\n"
                + lines.split(separator: "\n").map { "          \($0)\n" }.joined())
    }

    private static let objects = [
        CheckCase(.objectInvalid, "write objectType: secret", entry("objectName: a\nobjectType: ▸Secret")),
        CheckCase(
            .objectInvalid, "invalid filePermission",
            entry("objectName: a\nobjectType: secret\nfilePermission: ▸\"0999\"")),
        CheckCase(.objectInvalid, "PFX format", entry("objectName: a\nobjectType: ▸cert\nobjectFormat: pfx")),
        CheckCase(
            .objectsMalformed, "objectVersionHistory",
            entry("objectName: a\nobjectType: secret\n▸objectVersionHistory: \"3\"")),
        CheckCase(.pathInvalid, "relative path", entry("objectName: a\nobjectType: secret\nobjectAlias: ▸/etc/x")),
        CheckCase(
            .pathInvalid, "must not contain '..'",
            entry("objectName: a\nobjectType: secret\noutputs:\n  - ▸part: leaf\n    fileName: ../x")),
        CheckCase(
            .objectInvalid, "explode is only supported",
            entry("objectName: a\nobjectType: key\nexplode:\n  ▸keys: [a]")),
        CheckCase(
            .objectsMalformed, "is not valid YAML: mapping values are not allowed in this context (line 2)",
            entry("objectName: a\nobjectType: secret▸: x")),
        CheckCase(
            .objectInvalid, "is not the name of a variable",
            M.secretProviderClass(
                M.client + "    files: ▸|\n      - {fileName: f, envFile: {}, objects: {a-b: a}}\n" + M.objects)),
        CheckCase(
            .pathConflict, "secret a and files",
            M.secretProviderClass(
                M.client + "    files: ▸|\n      - {fileName: a, template: x}\n" + M.objects)),
        CheckCase(
            .identityModeConflict, "only one identity mode",
            M.secretProviderClass(
                "    usePodIdentity: \"true\"\n    useAzureTokenProxy: ▸\"true\"\n" + M.client + M.objects)),
        CheckCase(
            .parameterInvalid, "neither a directory id nor a domain name",
            M.secretProviderClass(M.client + M.objects).replacing(
                "tenantID: 99999999-9999-4999-8999-999999999999", with: "tenantID: ▸a/b")),
        CheckCase(
            .pathConflict, "two objects have the same path",
            entry("objectName: a\nobjectType: secret")
                + "        - |\n          objectName: ▸a\n          objectType: key\n"),
        CheckCase(
            .objectKeyUnknown, "did you mean objectFormat?",
            entry("objectName: a\nobjectType: secret\n▸objectFromat: pem")),
        // As a quoted text on one line, and as a folded one.
        CheckCase(
            .objectInvalid, "write objectType: secret",
            M.secretProviderClass(M.client + "    objects: \"{array: [{objectName: a, objectType: ▸Secret}]}\"")
                .replacing("[{", with: "['{").replacing("}]", with: "}']")),
        CheckCase(
            .objectInvalid, "write objectType: secret",
            M.secretProviderClass(
                M.client
                    + "    objects: >\n      array:\n        - |\n          objectName: a\n          objectType: ▸Secret\n"
            )),
        CheckCase(
            .objectNotText, "Azure's own provider",
            M.secretProviderClass(
                M.client + "    objects: |\n      array:\n        - ▸objectName: a\n          objectType: secret")),
        CheckCase(
            .objectsMalformed, "the key array is missing",
            M.secretProviderClass(M.client + "    ▸objects: |\n      objects: []")),
        CheckCase(
            .volumeTooLarge, "4 MiB",
            M.secretProviderClass(
                M.client + "    ▸objects: |\n      array:\n"
                    + (0..<170).map { "        - |\n          objectName: a\($0)\n          objectType: secret\n" }
                    .joined())),
    ]

    private static func synced(_ text: String) -> String { sound + "  secretObjects:\n\(text)" }

    private static let secretObjects = [
        CheckCase(
            .secretObjectFileMissing, "the nearest file is a",
            synced("    - {secretName: s, type: Opaque, data: [{objectName: ▸aa, key: k}]}")),
        CheckCase(
            .secretObjectFileMissing, "write objectName: dir/file",
            entry("objectName: a\nobjectType: secret\nobjectAlias: dir/file")
                + "  secretObjects:\n    - {secretName: s, type: Opaque, data: [{objectName: ▸a, key: k}]}"),
        CheckCase(.secretObjectInvalid, "no type", synced("    - {▸secretName: s, data: [{objectName: a, key: k}]}")),
        CheckCase(.secretObjectInvalid, "no data", synced("    - {▸secretName: s, type: Opaque}")),
        CheckCase(
            .secretObjectInvalid, "objectName and key",
            synced("    - {secretName: s, type: Opaque, data: [{▸objectName: a}]}")),
        CheckCase(
            .secretObjectTLSKey, "tls.crt",
            synced("    - {secretName: s, type: kubernetes.io/tls, data: [{objectName: a, key: ▸cert}]}")),
        CheckCase(
            .secretNameConflict, "twice",
            synced(
                "    - {secretName: s, type: Opaque, data: [{objectName: a, key: k}]}\n    - {secretName: ▸s, type: Opaque, data: [{objectName: a, key: l}]}"
            )),
        CheckCase(
            .secretTooLarge, "1 MiB",
            synced(
                "    - secretName: s\n      type: Opaque\n      data:\n"
                    + (0..<42).map { "        - {\($0 == 0 ? "▸" : "")objectName: a, key: k\($0)}\n" }.joined())),
    ]

    private static let workloads = [
        CheckCase(
            .driverName, "write driver: secrets-store.csi.k8s.io",
            sound
                + M.pod(
                    "{driver: ▸secrets-store.csi.x-k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: c}}")
        ),
        CheckCase(
            .volumeNotReadOnly, "readOnly: true",
            sound
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: ▸false, volumeAttributes: {secretProviderClass: c}}")),
        CheckCase(
            .volumeAttribute, "secretproviderclass is not read",
            sound
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {▸secretproviderclass: c}}")),
        CheckCase(
            .parameterOverridden, "clientID",
            sound
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: c, ▸clientID: x}}"
                )),
        CheckCase(
            .classMissing, "did you mean c?",
            sound
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: ▸d}}")),
        CheckCase(
            .classMissing, "other/c is in another",
            sound.replacing("namespace: n", with: "namespace: other") + M.pod().replacing("Class: c", with: "Class: ▸c")
        ),
        CheckCase(.subPath, "rotation", sound + M.pod(mount: ", ▸subPath: a")),
        CheckCase(
            .nodePublishSecret, "remove nodePublishSecretRef",
            sound
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: true, nodePublishSecretRef: {▸name: s}, volumeAttributes: {secretProviderClass: c}}"
                )),
    ]

    private static let identities = [
        CheckCase(
            .identityLabel, "the text \"true\"",
            sound + M.pod(metadata: "  labels: {azure.workload.identity/use: ▸true}")),
        CheckCase(
            .identityLabel, "did you mean azure.workload.identity/use?",
            sound + M.pod(metadata: "  labels: {▸azure.workload.identity/used: \"true\"}")),
        CheckCase(
            .identityLabel, "among the labels of the pods",
            M.account("  labels: {▸azure.workload.identity/use: \"true\"}")),
        CheckCase(
            .identityAnnotation, "make it a label of the pods",
            M.account("  annotations: {▸azure.workload.identity/use: \"true\"}")),
        CheckCase(
            .identityAnnotation, "make it a label",
            sound + M.pod(metadata: "  annotations: {▸azure.workload.identity/use: \"true\"}")),
        CheckCase(
            .identityAnnotation, "azure.workload.identity/client-id",
            M.account("  annotations: {▸azure.workload.identity/clientid: x}")),
        CheckCase(
            .identityMismatch, "has clientID 11111111",
            sound + M.pod() + "\n" + M.account("  annotations: {azure.workload.identity/client-id: ▸x}")),
        CheckCase(
            .serviceAccountMissing, "did you mean app?", sound + M.pod(serviceAccount: "▸apps") + "\n" + M.account("")),
        CheckCase(.podIdentityLeftover, "remove the label", sound + M.pod(metadata: "  labels: {▸aadpodidbinding: x}")),
        CheckCase(
            .podIdentityLeftover, "archived",
            "apiVersion: aadpodidentity.k8s.io/v1\nkind: ▸AzureIdentity\nmetadata: {name: x}"),
    ]

    private static let drivers = [
        CheckCase(
            .tokenRequestsMissing, "write - audience: api://AzureADTokenExchange",
            M.driver("{▸podInfoOnMount: true, requiresRepublish: true, volumeLifecycleModes: [Ephemeral]}")),
        CheckCase(
            .tokenRequestsMissing, "not the one that Entra takes",
            M.driver(
                "{podInfoOnMount: true, requiresRepublish: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: ▸api://AzureADTokenExchang}]}"
            )),
        CheckCase(
            .driverWithoutPodInfo, "podInfoOnMount",
            M.driver(
                "{podInfoOnMount: ▸false, requiresRepublish: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: api://AzureADTokenExchange}]}"
            )),
        CheckCase(
            .republishMissing, "rotation",
            M.driver(
                "{▸podInfoOnMount: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: api://AzureADTokenExchange}]}"
            )),
        CheckCase(
            .lifecycleMode, "Ephemeral",
            M.driver(
                "{podInfoOnMount: true, requiresRepublish: true, volumeLifecycleModes: [▸Persistent], tokenRequests: [{audience: api://AzureADTokenExchange}]}"
            )),
    ]
}
