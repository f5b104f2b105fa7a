internal import Documents
package import SecretMemory

/// Reads the objects of a cluster that the plugin's commands need.
package struct Cluster: Sendable {
    private let kubectl: Kubectl
    /// The namespace that the user names, or else that of the kubeconfig's context.
    private let namespace: String?

    package init(_ kubectl: Kubectl, namespace: String?) {
        self.kubectl = kubectl
        self.namespace = namespace
    }

    private func scope(_ namespace: String?) -> [String] { namespace.map { ["--namespace", $0] } ?? [] }

    /// Returns one object. Throws if it cannot be read.
    package func object(_ kind: String, _ name: String, in namespace: String? = nil) throws(KubectlError)
        -> ManifestFile
    {
        let text = try kubectl.output(
            ["get", kind, name, "--output", "yaml"] + scope(namespace ?? self.namespace))
        let files = ClusterObjects.files(in: text.withExposed { String(decoding: $0, as: UTF8.self) }) { manifest in
            "\(manifest.kind.lowercased())/\(manifest.name)"
        }
        guard let file = files.first else {
            throw KubectlError(.other, "kubectl printed no object for \(kind) \(name)", fix: "")
        }
        return file
    }

    /// The objects of some kinds, and the error for those that could not be read.
    package struct List: Sendable {
        package var files: [ManifestFile]
        package var error: KubectlError?
    }

    /// Returns the objects of `kinds` in the namespace, or in all namespaces.
    package func list(_ kinds: [String], inAllNamespaces: Bool = false) throws(KubectlError) -> List {
        let answer = try kubectl.answer(
            ["get", kinds.joined(separator: ","), "--output", "yaml"]
                + (inAllNamespaces ? ["--all-namespaces"] : scope(namespace)))
        let files = ClusterObjects.files(in: answer.text) { manifest in
            (inAllNamespaces ? manifest.namespace.map { "\($0)/" } ?? "" : "")
                + "\(manifest.kind.lowercased())/\(manifest.name)"
        }
        return List(files: files, error: answer.error)
    }

    /// Returns the provider's pods, by node.
    package func providerPods(in namespace: String, selector: String) throws(KubectlError) -> [ProviderPod] {
        let text = try kubectl.output(
            ["get", "pods", "--namespace", namespace, "--selector", selector, "--output", "yaml"])
        return ClusterObjects.files(in: text.withExposed { String(decoding: $0, as: UTF8.self) }) { $0.name }
            .compactMap(ClusterObjects.manifest).compactMap(ProviderPod.init).sorted { $0.node < $1.node }
    }

    /// Returns a token of a pod's service account, as the kubelet would request it for the pod's volume.
    package func token(of pod: Manifest, audience: String) throws(KubectlError) -> SecretBytes {
        let account = pod.podTemplate?.serviceAccount ?? "default"
        let token = try kubectl.output(
            ["create", "token", account, "--audience", audience, "--duration", "10m"]
                + ["--bound-object-kind", "Pod", "--bound-object-name", pod.name, "--bound-object-uid", pod.uid]
                + scope(pod.namespace ?? namespace)
        ).trimmingSpace()
        guard !token.isEmpty else { throw KubectlError(.other, "kubectl create token printed no token", fix: "") }
        return token
    }

    /// Returns the data of a Secret as JSON with texts, as `nodePublishSecretRef` passes it to the provider.
    package func secretData(_ name: String, in namespace: String?) throws(KubectlError) -> SecretBytes {
        let json = try kubectl.output(["get", "secret", name, "--output", "json"] + scope(namespace ?? self.namespace))
        var builder = SecretBytesBuilder(capacity: json.count)
        builder.append("{")
        var isFirst = true
        for (key, value) in (try? JSONParser.parse(json))?.object?["data"]?.object?.members ?? [] {
            guard let decoded = value.secret?.withExposed({ Base64.decode($0, alphabet: .standard) }) else { continue }
            builder.append(contentsOf: "\(isFirst ? "" : ",")\(JSONWriter.quoted(key)):\"".utf8)
            isFirst = false
            decoded.withExposed { bytes in
                for byte in bytes {
                    switch byte {
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                        builder.append(UInt8(ascii: "\\"))
                        builder.append(byte)
                    case ..<0x20:
                        builder.append(contentsOf: "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
                    default: builder.append(byte)
                    }
                }
            }
            builder.append("\"")
        }
        builder.append("}")
        return SecretBytes(builder)
    }
}
