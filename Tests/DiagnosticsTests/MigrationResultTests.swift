import Diagnostics
import Documents
import SecretMemory
import Testing

@Suite("The result of a migration")
struct MigrationResultTests {
    private static let client = "11111111-aaaa-4aaa-8aaa-000000000001"

    private static let identity = """
        ---
        apiVersion: aadpodidentity.k8s.io/v1
        kind: AzureIdentity
        metadata: {name: web, namespace: n}
        spec: {type: 0, clientID: \(client)}
        ---
        apiVersion: aadpodidentity.k8s.io/v1
        kind: AzureIdentityBinding
        metadata: {name: web, namespace: n}
        spec: {azureIdentity: web, selector: web}

        """

    /// A class that uses aad-pod-identity, with `parameters` instead of the switch.
    private static func secretProviderClass(
        _ name: String = "c", _ parameters: String = "  parameters:\n    usePodIdentity: \"true\"\n"
    ) -> String {
        """
        ---
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: \(name), namespace: n}
        spec:
          provider: azure
        \(parameters)    keyvaultName: kv-tests
            tenantID: 99999999-9999-4999-8999-999999999999
            objects: "array: ['{objectName: a, objectType: secret}']"

        """
    }

    private static func deployment(
        _ name: String = "web", labels: String = "aadpodidbinding: web", classes: [String] = ["c"],
        container: String = "",
        volume: String = ""
    ) -> String {
        """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name), namespace: n}
        spec:
          template:
            metadata:
              labels:
                app: \(name)
                \(labels)
            spec:
              serviceAccountName: web
              containers:
                - name: app
                  \(container)
              volumes:

        """
            + classes.map {
                """
                        - name: \($0)
                          csi:
                            driver: secrets-store.csi.k8s.io
                            readOnly: true
                            \(volume)
                            volumeAttributes:
                              secretProviderClass: \($0)

                """
            }.joined()
    }

    private static let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: n}\n"

    private func migration(_ texts: String..., path: String = "a.yaml") -> Migration {
        Migration([ManifestFile(path: path, text: texts.joined())])
    }

    // MARK: - Advice to delete

    @Test("objects that the files no longer use may be deleted")
    func unused() {
        let migration = migration(Self.secretProviderClass(), Self.deployment(), Self.account, Self.identity)
        #expect(migration.undecided.map(\.text) == [])
        #expect(migration.leftovers.count == 2)
    }

    @Test("the users of objects that must stay are named, and deletion is not advised")
    func used() {
        let cases: [(String, [String])] = [
            ("no workload in these files has the label aadpodidbinding: web", [Self.identity]),
            (
                "Deployment other has the label aadpodidbinding",
                [
                    Self.secretProviderClass(), Self.deployment(), Self.deployment("other", classes: []), Self.account,
                    Self.identity,
                ]
            ),
            (
                "its workloads have several identities",
                [
                    Self.secretProviderClass(), Self.secretProviderClass("d"), Self.deployment(),
                    Self.deployment("two", classes: ["d"]),
                    Self.deployment("three", labels: "aadpodidbinding: x", classes: ["d"]), Self.account,
                    Self.identity,
                    Self.identity.replacing("name: web", with: "name: x").replacing(
                        "Identity: web", with: "Identity: x"
                    )
                    .replacing("selector: web", with: "selector: x").replacing("0001", with: "0002"),
                ]
            ),
        ]
        for (words, texts) in cases {
            let migration = Migration([ManifestFile(path: "a.yaml", text: texts.joined())])
            let notes = migration.undecided.map(\.text)
            #expect(notes.contains { $0.contains(words) }, "\(words): \(notes)")
            #expect(migration.leftovers == [], Comment(rawValue: words))
        }
    }

    @Test("a pod that still mounts a class of aad-pod-identity keeps its label")
    func secondClass() throws {
        let migration = migration(
            Self.secretProviderClass(), Self.secretProviderClass("d").replacing("secret}", with: "Secret}"),
            Self.deployment(classes: ["c", "d"]), Self.account, Self.identity)
        #expect(migration.undecided.map(\.text).contains { $0.contains("see akv-csi check") })
        #expect(try #require(migration.changedFiles.first).after.contains("aadpodidbinding: web"))
        #expect(migration.leftovers == [])
    }

    private static let credential = """
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: creds, namespace: n}
        stringData: {clientid: \(client)}

        """

    @Test(
        "a Secret that the files still use is kept",
        arguments: [
            "envFrom: [{secretRef: {name: creds}}]",
            "env: [{name: A, valueFrom: {secretKeyRef: {name: creds, key: clientsecret}}}]",
        ])
    func secret(container: String) {
        let secretProviderClass = Self.secretProviderClass("c", "  parameters:\n")
        let user = Self.deployment(labels: "a: b", volume: "nodePublishSecretRef: {name: creds}")
        let alone = migration(secretProviderClass, user, Self.account, Self.credential)
        #expect(alone.undecided.map(\.text) == [])
        #expect(alone.leftovers == ["kubectl delete secret creds --namespace n"])
        let other = Self.deployment("other", labels: "a: b", classes: [], container: container)
        let shared = migration(secretProviderClass, user, other, Self.account, Self.credential)
        #expect(
            shared.undecided.map(\.text).contains { $0.contains("Secret creds") && $0.contains("Deployment other") })
        #expect(shared.leftovers == [])
        let ingress =
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: n}\nspec: {tls: [{secretName: creds}]}\n"
        #expect(
            migration(secretProviderClass, user, ingress, Self.account, Self.credential).undecided.map(\.text)
                .contains { $0.contains("Ingress i") })
    }

    @Test("an unreadable file is named, the others are migrated, and deletion is not advised")
    func unreadable() {
        let text = [Self.secretProviderClass(), Self.deployment(), Self.account, Self.identity].joined()
        let migration = Migration([
            ManifestFile(path: "a.yaml", text: "a: [\n"), ManifestFile(path: "b.yaml", text: text),
        ])
        #expect(migration.changedFiles.map(\.path) == ["b.yaml"])
        #expect(migration.undecided.map(\.path) == ["a.yaml"])
        #expect(migration.undecided.map(\.text).contains { $0.contains("is not YAML") })
        #expect(migration.leftovers == [])
    }

    // MARK: - Written files

    /// The class of the result, which may differ only in the switch and the client.
    private func parameters(_ text: String) throws -> [String: String] {
        let manifest = try #require(try Manifest.read(ManifestFile(path: "x", text: text)).first)
        let members = manifest.root["spec"]?["parameters"]?.mapping ?? []
        return Dictionary(members.map { ($0.key.scalar?.text ?? "", $0.value.text ?? "") }, uniquingKeysWith: { $1 })
    }

    @Test(
        "the result has the intended members whatever the style of the file",
        arguments: [
            "  parameters:\n    usePodIdentity: \"true\"\n",
            "  parameters:\n    usePodIdentity: 'true' # x\n",
            "  parameters:\n    usePodIdentity: >-\n      true\n",
            "  parameters:\n    usePodIdentity: |-\n      true\n\n    # more\n",
            "  parameters:\n    usePodIdentity:\n      \"true\"\n",
            "  parameters:\n    \"usePodIdentity\": !!str true\n",
            "  parameters:\n\n    # first\n    usePodIdentity: \"true\"\n    clientID: \"\"\n",
        ])
    func styles(parameters: String) throws {
        for newline in ["\n", "\r\n"] {
            let text = [
                Self.secretProviderClass("c", parameters), Self.deployment(), Self.account, Self.identity,
            ].joined().replacing("\n", with: newline)
            let migration = migration(text)
            #expect(migration.undecided.map(\.text) == [])
            let after = try #require(migration.changedFiles.first).after
            #expect(
                try self.parameters(after) == [
                    "usePodIdentity": "false", "clientID": Self.client, "keyvaultName": "kv-tests",
                    "tenantID": "99999999-9999-4999-8999-999999999999",
                    "objects": "array: ['{objectName: a, objectType: secret}']",
                ])
            let feeds = after.unicodeScalars.count { $0 == "\n" }
            #expect(after.unicodeScalars.count { $0 == "\r" } == (newline == "\n" ? 0 : feeds))
        }
    }

    private static let json = """
        {"apiVersion": "v1", "kind": "List", "items": [
          {
            "apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
            "metadata": {"name": "c", "namespace": "n"},
            "spec": {
              "provider": "azure",
              "parameters": {
                "usePodIdentity": "true",
                "keyvaultName": "kv-tests",
                "tenantID": "99999999-9999-4999-8999-999999999999",
                "objects": "array: ['{objectName: a, objectType: secret}']"
              }
            }
          },
          {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "namespace": "n", "labels": {"aadpodidbinding": "web"}},
            "spec": {
              "serviceAccountName": "web",
              "volumes": [
                {"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": true,
                  "volumeAttributes": {"secretProviderClass": "c"}}}
              ]
            }
          },
          {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": "web", "namespace": "n"
          }},
          {"apiVersion": "aadpodidentity.k8s.io/v1", "kind": "AzureIdentity",
           "metadata": {"name": "web", "namespace": "n"}, "spec": {"type": 0, "clientID": "\(client)"}},
          {"apiVersion": "aadpodidentity.k8s.io/v1", "kind": "AzureIdentityBinding",
           "metadata": {"name": "web", "namespace": "n"}, "spec": {"azureIdentity": "web", "selector": "web"}}
        ]}

        """

    @Test("a JSON file stays JSON, on one line or on many")
    func jsonFile() throws {
        for text in [Self.json, Self.json.replacing("\n", with: " ")] {
            let migration = migration(text, path: "a.json")
            #expect(migration.undecided.map(\.text) == [])
            let after = try #require(migration.changedFiles.first).after
            _ = try JSONParser.parse(SecretBytes(after))
            #expect(after.contains("\"clientID\": \"\(Self.client)\""))
            #expect(after.contains("\"azure.workload.identity/use\": \"true\""))
            #expect(after.contains("\"azure.workload.identity/client-id\": \"\(Self.client)\""))
            #expect(try Self.checked(after) == [])
        }
    }

    private static func checked(_ text: String) throws -> [String] {
        let manifests = ManifestCheck([ManifestFile(path: "a.json", text: text)]).findings()
        return manifests.filter { $0.rule != "pod-identity-leftover" }.map(\.message)
    }

    @Test("a member is removed from a flow mapping with its comma", arguments: [0, 1, 2])
    func flow(position: Int) throws {
        var members = [
            "driver: secrets-store.csi.k8s.io", "readOnly: true", "volumeAttributes: {secretProviderClass: c}",
        ]
        members.insert("nodePublishSecretRef: {name: creds}", at: position + 1)
        for separator in [", ", ",\n          "] {
            let pod = """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: n}
                spec:
                  serviceAccountName: web
                  volumes:
                    - {name: v, csi: {\(members.joined(separator: separator))}}

                """
            let migration = migration(
                Self.secretProviderClass("c", "  parameters:\n"), pod, Self.account, Self.credential)
            #expect(migration.undecided.map(\.text) == [])
            let after = try #require(migration.changedFiles.first).after
            #expect(!after.contains("nodePublishSecretRef"))
            let root = try Manifest.read(ManifestFile(path: "x", text: after))[1].root
            let csi = root["spec"]?["volumes"]?.sequence?.first?["csi"]?.mapping ?? []
            #expect(csi.map { $0.key.scalar?.text } == ["driver", "readOnly", "volumeAttributes"])
        }
    }

    @Test("a flow mapping over several lines is changed correctly")
    func flowMapping() throws {
        let text = Self.secretProviderClass().replacing(
            "  parameters:\n    usePodIdentity: \"true\"\n    keyvaultName: kv-tests\n",
            with: "  parameters: {\n    usePodIdentity: \"true\", # old\n    keyvaultName: kv-tests,\n"
        ).replacing("999999999999\n", with: "999999999999,\n").replacing("secret}']\"\n", with: "secret}']\" }\n")
        let migration = migration(text, Self.deployment(), Self.account, Self.identity)
        #expect(migration.undecided.map(\.text) == [])
        let parameters = try parameters(try #require(migration.changedFiles.first).after)
        #expect(parameters["clientID"] == Self.client && parameters["usePodIdentity"] == "false")
        #expect(parameters.count == 5)
    }

    @Test(
        "a file in which anything else would change is not written, which is reported",
        arguments: [
            ("usePodIdentity: \"true\"", "usePodIdentity: &yes \"true\"\n    refreshNonce: *yes"),
            ("usePodIdentity: \"true\"", "refreshNonce: &yes \"true\"\n    usePodIdentity: *yes"),
            ("usePodIdentity: \"true\"", "usePodIdentity: \"true\" # a\u{2028}    refreshNonce: x"),
        ])
    func refused(part: String, replacement: String) {
        let text = [Self.secretProviderClass(), Self.deployment(), Self.account, Self.identity].joined()
            .replacing(part, with: replacement)
        let migration = migration(text)
        #expect(migration.changedFiles.map(\.after) == [])
        #expect(migration.undecided.map(\.text).contains { $0.contains("change by hand") }, "\(migration.undecided)")
        #expect(migration.leftovers == [])
    }

    @Test("a byte order mark is kept")
    func byteOrderMark() throws {
        let text = "\u{FEFF}" + [Self.secretProviderClass(), Self.deployment(), Self.account, Self.identity].joined()
        let after = try #require(migration(text).changedFiles.first).after
        #expect(after.unicodeScalars.first == "\u{FEFF}" && after.unicodeScalars.count { $0 == "\u{FEFF}" } == 1)
    }

    @Test("an account gets one annotation, and several identities are left to the user")
    func severalIdentities() {
        let second = Self.identity.replacing("name: web", with: "name: x").replacing(
            "Identity: web", with: "Identity: x"
        )
        .replacing("selector: web", with: "selector: x").replacing("0001", with: "0002")
        let migration = migration(
            Self.secretProviderClass(), Self.secretProviderClass("d"), Self.deployment(),
            Self.deployment("two", labels: "aadpodidbinding: x", classes: ["d"]), Self.account, Self.identity, second)
        #expect(migration.undecided.map(\.text).contains { $0.contains("several identities") })
        #expect(migration.changedFiles.allSatisfy { !$0.after.contains("annotations") })
    }

    // MARK: - As a patch

    @Test("the result is a unified diff with --output patch")
    func patch() {
        let text = [Self.secretProviderClass(), Self.deployment(), Self.account].joined()
        let files = [ManifestFile(path: "dir/a.yaml", text: text), ManifestFile(path: "b.yaml", text: Self.identity)]
        let patch = Migration(files).patch
        #expect(patch.hasPrefix("--- a/dir/a.yaml\n+++ b/dir/a.yaml\n@@ -5,7 +5,8 @@\n spec:\n"))
        #expect(
            patch.contains(
                "-    usePodIdentity: \"true\"\n+    clientID: \"\(Self.client)\"\n+    usePodIdentity: \"false\"\n"))
        #expect(!patch.contains("b.yaml"))
    }
}
