import Diagnostics

/// Secrets that the driver cannot write, and pods that use them wrongly.
extension CheckCase {
    private typealias M = MarkedManifest

    static let secrets = manifests + types + parts + uses

    private static let sound = M.secretProviderClass(M.client + M.objects) + "\n"

    private static func synced(_ entry: String, _ objects: String = M.objects) -> String {
        M.secretProviderClass(M.client + objects) + "\n  secretObjects:\n    - \(entry)\n"
    }

    private static let manifests = [
        CheckCase(
            .secretObjectName, "lower-case",
            synced("{secretName: ▸My_Secret, type: Opaque, data: [{objectName: a, key: k}]}")),
        CheckCase(
            .secretObjectName, "lower-case", synced("{secretName: ▸a-, type: Opaque, data: [{objectName: a, key: k}]}")),
        CheckCase(
            .secretObjectKey, "letters", synced("{secretName: s, type: Opaque, data: [{objectName: a, key: ▸\"a:b\"}]}")
        ),
        CheckCase(
            .secretObjectKey, "letters", synced("{secretName: s, type: Opaque, data: [{objectName: a, key: ▸a b}]}")),
        CheckCase(
            .secretObjectKey, "letters", synced("{secretName: s, type: Opaque, data: [{objectName: a, key: ▸a/b}]}")),
        CheckCase(.secretObjectKey, "..", synced("{secretName: s, type: Opaque, data: [{objectName: a, key: ▸..x}]}")),
        CheckCase(
            .secretObjectKey, "twice",
            synced("{secretName: s, type: Opaque, data: [{objectName: a, key: k}, {objectName: a, key: ▸k}]}")),
        CheckCase(
            .secretObjectInvalid, "is a number",
            synced("{secretName: s, type: Opaque, labels: {a: ▸1}, data: [{objectName: a, key: k}]}")),
    ]

    private static let types = [
        ("kubernetes.io/tls", "tls.crt", "tls.key"),
        ("kubernetes.io/tls", "tls.key", "tls.crt"),
        ("kubernetes.io/dockerconfigjson", "config.json", ".dockerconfigjson"),
        ("kubernetes.io/dockercfg", "config", ".dockercfg"),
        ("kubernetes.io/ssh-auth", "id_rsa", "ssh-privatekey"),
        ("kubernetes.io/basic-auth", "user", "username or password"),
    ].map { type, key, words in
        CheckCase(
            .secretObjectKeyMissing, words,
            synced("{secretName: s, type: ▸\(type), data: [{objectName: a, key: \(key)}]}"))
    }

    private static func pair(_ key: String, _ more: String, type: String = "secret") -> String {
        synced(
            "{secretName: s, type: kubernetes.io/tls, data: [{objectName: ▸x, key: tls.\(key)}, {objectName: a, key: tls.\(key == "key" ? "crt" : "key")}]}",
            M.objects + "\n        - |\n          objectName: x\n          objectType: \(type)\n\(more)")
    }

    private static let parts = [
        CheckCase(.secretObjectTLSFile, "objectType: secret", pair("key", "", type: "cert")),
        CheckCase(.secretObjectTLSFile, "objectType: secret", pair("key", "", type: "key")),
        CheckCase(.secretObjectTLSFile, "objectType: secret", pair("crt", "", type: "key")),
    ]

    private static func container(_ env: String, mounts: Bool = true) -> String {
        let pod = M.pod().replacing("    - name: app\n", with: "    - name: app\n      \(env)\n")
        return mounts ? pod : String(pod[..<(pod.firstRange(of: "      volumeMounts")?.lowerBound ?? pod.endIndex)])
    }

    private static let writing = synced("{secretName: s, type: Opaque, data: [{objectName: a, key: k}]}")

    private static let uses = [
        CheckCase(
            .secretKeyMissing, "did you mean k",
            writing + container("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: ▸kk}}}]")),
        CheckCase(
            .secretKeyMissing, "has the keys k",
            writing
                + container("").replacing(
                    "  volumes:\n",
                    with: "  volumes:\n    - {name: v, secret: {secretName: s, items: [{key: ▸z, path: z}]}}\n")),
        CheckCase(
            .secretNotMounted, "mounts",
            writing + container("env: [{name: A, valueFrom: {secretKeyRef: {name: ▸s, key: k}}}]", mounts: false)),
        CheckCase(
            .secretNotMounted, "mounts", writing + container("envFrom: [{secretRef: {name: ▸s}}]", mounts: false)),
        CheckCase(
            .secretNotMounted, "mounts",
            writing + container("", mounts: false) + "  imagePullSecrets: [{name: ▸s}]"),
        CheckCase(.subPathMissing, "the volume holds no file", sound + M.pod(mount: ", subPath: ▸b")),
        CheckCase(
            .nodePublishSecretOwn, "before the first mount",
            writing
                + M.pod(
                    "{driver: secrets-store.csi.k8s.io, readOnly: true, nodePublishSecretRef: {name: ▸s}, volumeAttributes: {secretProviderClass: c}}"
                )),
        CheckCase(
            .namespaceMissing, "kubectl apply --namespace n",
            sound.replacing("name: c, namespace: n", with: "▸name: c") + M.pod()),
    ]
}
