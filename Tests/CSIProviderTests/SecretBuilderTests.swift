import Documents
import DriverSimulator
import SecretMemory
import TestSupport
import Testing

@Suite("The Secrets of secretObjects")
struct SecretBuilderTests {
    private func manifest(_ secretObjects: String) throws -> SecretProviderClassManifest {
        let root = try YAMLParser.parseFirst(
            """
            apiVersion: secrets-store.csi.x-k8s.io/v1
            kind: SecretProviderClass
            metadata: { name: c, namespace: n }
            spec:
              provider: azure
              parameters: { keyvaultName: kv }
              secretObjects: \(secretObjects)
            """)
        return try SecretProviderClassManifest(try #require(root))
    }

    private func build(_ secretObjects: String, _ files: [String: String]) throws -> SecretBuilder.Secret {
        let object = try #require(try manifest(secretObjects).secretObjects.first)
        return try SecretBuilder.build(
            object, namespace: "team",
            files: files.map { AtomicWriter.File(path: $0.key, mode: 0o644, contents: SecretBytes($0.value)) })
    }

    private func text(_ secret: SecretBuilder.Secret) -> String {
        secret.manifest.withExposed { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Secrets contain the files under their keys, with the labels of the class and of the driver")
    func opaque() throws {
        let secret = try build(
            "[{secretName: s, type: Opaque, labels: {app: x}, annotations: {note: 'a: \"b\"'}, data: [{objectName: d/e, key: k}]}]",
            ["d/e": "value", "other": "unused"])
        #expect(
            text(secret) == """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: s
                  namespace: team
                  labels:
                    app: x
                    secrets-store.csi.k8s.io/managed: "true"
                  annotations:
                    note: "a: \\"b\\""
                type: Opaque
                data:
                  k: dmFsdWU=

                """)
    }

    @Test("a missing file is reported in the driver's words")
    func missing() {
        #expect { try build("[{secretName: s, type: Opaque, data: [{objectName: gone, key: k}]}]", [:]) } throws: {
            "\($0)" == "file matching objectName gone not found in the pod"
        }
    }

    @Test(
        "one PEM file is split into tls.crt and tls.key, and the key has its older form",
        arguments: [
            (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa", "RSA PRIVATE KEY"),
            (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ec", "EC PRIVATE KEY"),
        ])
    func tls(generate: [String], tool: String, label: String) async throws {
        try await TemporaryDirectory.with { directory in
            func openssl(_ arguments: [String]) throws -> String {
                String(decoding: try run(["openssl"] + arguments, in: directory), as: UTF8.self)
            }
            let key = try openssl(generate)
            try directory.write(Array(key.utf8), to: "key.pem")
            let certificate = try openssl(["req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "2"])
            let secret = try build(
                "[{secretName: s, type: kubernetes.io/tls, data: [{objectName: f, key: tls.crt}, {objectName: f, key: tls.key}]}]",
                ["f": key + certificate])
            let parts = secret.data.map { item in item.value.withExposed { String(decoding: $0, as: UTF8.self) } }
            #expect(parts[0] == certificate)
            #expect(parts[1].hasPrefix("-----BEGIN \(label)-----\n"))
            #expect(try parts[1] == openssl([tool, "-in", "key.pem"] + (tool == "rsa" ? ["-traditional"] : [])))
        }
    }

    @Test(
        "Secrets of type TLS need a certificate, a key, and the two names", arguments: ["tls.crt", "tls.key", "other"])
    func badTLS(key: String) {
        #expect(throws: SecretBuilderError.self) {
            try build(
                "[{secretName: s, type: kubernetes.io/tls, data: [{objectName: f, key: \(key)}]}]", ["f": "no PEM"])
        }
    }

    @Test(
        "Secrets are refused if the API server would refuse the class",
        arguments: [
            ("[{type: Opaque, data: [{objectName: a, key: b}]}]", "no secretName"),
            ("[{secretName: s, data: [{objectName: a, key: b}]}]", "no type"),
            ("[{secretName: s, type: Opaque, data: [{objectName: a}]}]", "needs objectName and key"),
            ("[{secretName: s, type: Opaque}]", "no data"),
            ("[{secretName: s, type: Opaque, labels: {a: true}, data: [{objectName: a, key: b}]}]", "put it in quotes"),
        ])
    func malformed(secretObjects: String, words: String) {
        #expect { try manifest(secretObjects) } throws: { "\($0)".contains(words) }
    }
}
