import Diagnostics
import Testing

/// Files that another tool turns into manifests.
extension CheckCase {
    private typealias M = MarkedManifest

    static let templates =
        [
            "{{ .Values.client }}", "\"{{ .Values.client }}\"", "${CLIENT_ID}", "$(clientId)", "\"#{CLIENT_ID}#\"",
            "__CLIENT_ID__", "<client-id>", "$CLIENT_ID", "\"{{client}}\"",
        ].map { value in
            CheckCase(.templateUnrendered, "template", M.secretProviderClass("    clientID: ▸\(value)\n" + M.objects))
        } + [
            CheckCase(
                .templateUnrendered, "helm template",
                "▸{{- if .Values.enabled }}\n" + M.secretProviderClass(M.client + M.objects) + "\n{{- end }}"),
            CheckCase(
                .templateUnrendered, "helm template",
                M.secretProviderClass(
                    M.client
                        + "    objects: |\n      array:\n        ▸{{- range .Values.secrets }}\n        - |\n          objectName: {{ . }}\n        {{- end }}"
                )),
            CheckCase(
                .templateUnrendered, "template",
                M.secretProviderClass(
                    M.client
                        + "    objects: |\n      array:\n        - |\n          objectName: ▸${NAME}\n          objectType: ${TYPE}\n"
                ) + "  secretObjects:\n    - {secretName: s, type: Opaque, data: [{objectName: x, key: k}]}"),
            CheckCase(
                .kustomizePatch, "kustomize build",
                """
                ▸$patch: delete
                apiVersion: secrets-store.csi.x-k8s.io/v1
                kind: SecretProviderClass
                metadata: {name: c, namespace: n}
                """.replacing("▸$patch: delete\napi", with: "▸api") + "\n$patch: delete"),
        ]
}

@Suite("The check of templates and patches")
struct TemplateCheckTests {
    private typealias M = MarkedManifest

    private func rules(_ files: [ManifestFile]) -> [String] {
        ManifestCheck(files).findings().map { "\($0.path) \($0.rule)" }
    }

    @Test("the provider's own templates, patterns and shell variables are ignored")
    func ownTemplates() {
        let text =
            M.secretProviderClass(
                M.client
                    + "    files: |\n      - {fileName: f, template: \"x={{ a }}\"}\n"
                    + M.objects)
            + "\n"
            + M.pod().replacing(
                "    - name: app\n", with: "    - name: app\n      args: [\"$(HOME)\", \"${HOME}\", \"<x>\"]\n")
            + "\n---\nkind: ConfigMap\ndata: {a: \"{{ x }} ${Y}\"}\n"
        #expect(ManifestCheck([M(text).file]).findings().map(\.message) == [])
    }

    @Test("the patches that a kustomization names are recognised in any directory")
    func kustomization() {
        let kustomization = ManifestFile(
            path: "over/lay/kustomization.yaml",
            text: """
                kind: Kustomization
                patches:
                  - path: ./a.yaml
                  - {target: {kind: Deployment}, patch: "- op: remove"}
                patchesStrategicMerge: [../b.yaml]
                patchesJson6902: [{path: c.yaml, target: {}}]
                """)
        let patch = """
            apiVersion: secrets-store.csi.x-k8s.io/v1
            kind: SecretProviderClass
            metadata: {name: c}
            spec: {parameters: {keyvaultName: other}}
            """
        let files = ["over/lay/a.yaml", "over/b.yaml", "over/lay/c.yaml", "d.yaml"].map {
            ManifestFile(path: $0, text: patch)
        }
        #expect(
            rules([kustomization] + files) == [
                "over/lay/a.yaml kustomize-patch", "over/b.yaml kustomize-patch", "over/lay/c.yaml kustomize-patch",
                "d.yaml manifest-invalid",
            ])
    }

    @Test("a byte order mark is skipped")
    func byteOrderMark() {
        let text = "\u{FEFF}" + M.secretProviderClass(M.client + "    clientId: x\n" + M.objects)
        let findings = ManifestCheck([ManifestFile(path: "a", text: text)]).findings()
        #expect(findings.map(\.rule) == ["parameter-unknown"])
        #expect(findings.map(\.position.column) == [5])
    }

    @Test("every mistake of a class is reported in one run")
    func everyMistake() {
        let text = """
            apiVersion: secrets-store.csi.x-k8s.io/v1
            kind: SecretProviderClass
            metadata: {name: c, namespace: n}
            spec:
              provider: azure
              cloudName: AzurePublicCloud
              parameters:
                keyvaultname: kv
                tenantID: a/b
                clientID: nothing
                usePodIdentity: "maybe"
                useVMManagedIdentity: true
                useAzureTokenProxy: "perhaps"
                refreshInterval: never
                array: x
                objects: |
                  array:
                    - |
                      objectname: DB_A
                      objectType: secret
                    - |
                      objectName: DB_B
                      objectType: Secret
                      objectVersion: latest
                    - |
                      objectName: c
                      objectType: secret
                      objectVersionHistory: "3"
                      filePermission: "0999"
                    - |
                      objectName: d
                      objectType: secret
                      objectFromat: pem
                    - |
                      objectName: d
                      objectType: key
              secretObjects:
                - {secretName: S, type: Opaque, data: [{objectName: dd, key: a b}]}
            """
        let findings = ManifestCheck([ManifestFile(path: "a", text: text)]).findings()
        let found = findings.map { "\($0.position.line) \($0.rule)" }
        #expect(
            found == [
                "6 key-misplaced", "8 parameter-unknown", "8 parameter-missing", "9 parameter-invalid",
                "10 parameter-placeholder", "11 parameter-invalid", "12 parameter-not-text", "13 parameter-invalid",
                "14 parameter-invalid", "15 key-misplaced", "19 object-invalid", "22 object-name", "23 object-invalid",
                "24 object-version", "28 objects-malformed", "29 object-invalid", "33 object-key-unknown",
                "35 path-conflict", "38 secret-object-name", "38 secret-object-key",
            ], "\(found)")
    }
}
