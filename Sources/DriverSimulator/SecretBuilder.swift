internal import Documents
internal import KeyMaterial
package import SecretMemory

/// Builds the Kubernetes Secrets that `secretObjects` requests, by the driver's rules.
package enum SecretBuilder {
    /// A Secret that was built.
    package struct Secret: Sendable {
        package var name: String
        package var namespace: String
        package var type: String
        package var data: [(key: String, value: SecretBytes)]
        package var labels: [(key: String, value: String)]
        package var annotations: [(key: String, value: String)]
    }

    /// The label that marks the driver's Secrets.
    private static let managedLabel = "secrets-store.csi.k8s.io/managed"

    package static func build(
        _ object: SecretProviderClassManifest.SecretObject, namespace: String, files: [AtomicWriter.File]
    ) throws(SecretBuilderError) -> Secret {
        var data: [(key: String, value: SecretBytes)] = []
        for item in object.data {
            guard let file = files.last(where: { $0.path.utf8.elementsEqual(item.objectName.utf8) }) else {
                throw SecretBuilderError(
                    description: "file matching objectName \(item.objectName) not found in the pod")
            }
            var value = file.contents
            if object.type == "kubernetes.io/tls" {
                do throws(DERError) {
                    value = try TLSParts.part(item.key, of: file.contents)
                } catch {
                    throw SecretBuilderError(
                        description: "failed to get data \(item.key) of secret \(object.secretName): \(error.reason)")
                }
            }
            data.append((item.key, value))
        }
        return Secret(
            name: object.secretName, namespace: namespace, type: object.type, data: data,
            labels: object.labels.filter { $0.key != managedLabel } + [(managedLabel, "true")],
            annotations: object.annotations)
    }
}

extension SecretBuilder.Secret {
    /// The Secret as a manifest, with base64 values.
    package var manifest: SecretBytes {
        var builder = SecretBytesBuilder(capacity: 1024)
        func line(_ text: String) { builder.append(contentsOf: "\(text)\n".utf8) }
        func mapping(_ title: String, _ members: [(key: String, value: String)]) {
            if members.isEmpty { return }
            line("  \(title):")
            for member in members { line("    \(Self.quoted(member.key)): \(Self.quoted(member.value))") }
        }
        line("apiVersion: v1")
        line("kind: Secret")
        line("metadata:")
        line("  name: \(Self.quoted(name))")
        line("  namespace: \(Self.quoted(namespace))")
        mapping("labels", labels)
        mapping("annotations", annotations)
        line("type: \(Self.quoted(type))")
        line("data:")
        for (key, value) in data {
            builder.append(contentsOf: "  \(Self.quoted(key)): ".utf8)
            if value.isEmpty { builder.append(contentsOf: "\"\"".utf8) }
            value.withExposed { Base64.encode($0, into: &builder) }
            builder.append(0x0A)
        }
        return builder.finish()
    }

    /// Returns the text without quotes if YAML allows it, and otherwise in JSON's quotes.
    private static func quoted(_ text: String) -> String {
        let isPlain =
            text.first?.isLetter == true
            && text.hasOnlyASCIILettersAndDigits(or: "-._/")
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        return isPlain ? text : JSONWriter.quoted(text)
    }
}

/// Explains why a Secret could not be built. The mount itself succeeds anyway.
package struct SecretBuilderError: Error, CustomStringConvertible, Sendable {
    package var description: String
}
