package import Documents

/// A mistake in a manifest, with its line.
package struct ManifestError: Error, CustomStringConvertible, Sendable {
    package var description: String

    package init(_ reason: String, line: Int? = nil) {
        description = (line.map { "line \($0): " } ?? "") + reason
    }
}

/// A SecretProviderClass as written in a manifest.
package struct SecretProviderClassManifest: Sendable {
    package var name: String
    package var namespace: String?
    package var provider: String
    package var parameters: [String: String]
    package var secretObjects: [SecretObject]

    /// One entry of `secretObjects`: a Kubernetes Secret that the driver keeps up to date.
    package struct SecretObject: Sendable {
        /// A file that becomes a key of the Secret.
        package struct Item: Sendable {
            /// The path of the file in the volume.
            package var objectName: String
            package var key: String
        }

        package var secretName: String
        package var type: String
        package var data: [Item]
        package var labels: [(key: String, value: String)]
        package var annotations: [(key: String, value: String)]
    }

    package init(_ root: YAMLNode) throws(ManifestError) {
        let metadata = root["metadata"]
        guard let name = metadata?["name"]?.text else {
            throw ManifestError("the SecretProviderClass has no metadata.name", line: root.line)
        }
        self.name = name
        namespace = metadata?["namespace"]?.text
        guard let spec = root["spec"] else {
            throw ManifestError("SecretProviderClass \(name) has no spec", line: root.line)
        }
        provider = spec["provider"]?.text ?? ""
        parameters = [:]
        for (key, value) in try Self.strings(spec["parameters"], of: "spec.parameters") { parameters[key] = value }
        secretObjects = []
        for node in spec["secretObjects"]?.sequence ?? [] { secretObjects.append(try Self.secretObject(node)) }
    }

    private static func secretObject(_ node: YAMLNode) throws(ManifestError) -> SecretObject {
        guard let name = node["secretName"]?.text else {
            throw ManifestError("an entry of secretObjects has no secretName", line: node.line)
        }
        guard let type = node["type"]?.text else {
            throw ManifestError("secretObjects \(name) has no type", line: node.line)
        }
        var items: [SecretObject.Item] = []
        for item in node["data"]?.sequence ?? [] {
            guard let objectName = item["objectName"]?.text, let key = item["key"]?.text else {
                throw ManifestError(
                    "secretObjects \(name): each entry of data needs objectName and key", line: item.line)
            }
            items.append(SecretObject.Item(objectName: objectName, key: key))
        }
        guard !items.isEmpty else { throw ManifestError("secretObjects \(name) has no data", line: node.line) }
        return SecretObject(
            secretName: name, type: type, data: items,
            labels: try strings(node["labels"], of: "labels"),
            annotations: try strings(node["annotations"], of: "annotations"))
    }

    /// Returns a mapping of strings. The API server refuses any other value, so an unquoted `false` is refused here
    /// too.
    private static func strings(
        _ node: YAMLNode?, of place: String
    ) throws(ManifestError) -> [(key: String, value: String)] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let members, let line) = node else {
            throw ManifestError("\(place) must be a mapping", line: node.line)
        }
        var result: [(key: String, value: String)] = []
        for (key, value) in members {
            guard let name = key.scalar?.text else {
                throw ManifestError("\(place) has a key that is not a text", line: line)
            }
            guard value.tag == "!!str", let text = value.text else {
                throw ManifestError(
                    "\(place).\(name) must be a text; put it in quotes: \(name): \"\(value.text ?? "")\"",
                    line: value.line)
            }
            result.append((name, text))
        }
        return result
    }
}
