internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Finds keys of a SecretProviderClass that are indented too far or too little. The API server drops such keys, or the
/// provider does not read them.
struct PlacementCheck {
    let manifest: Manifest
    /// The parsed class; nil if it is not recognised as one of this provider.
    let parsedClass: ClassManifest?

    /// The correct place of a key.
    enum Place {
        case root
        case spec
        case parameters
        case objects

        var description: String {
            switch self {
            case .root: "at the beginning of a line, next to spec"
            case .spec: "under spec, next to provider and parameters"
            case .parameters: "under spec.parameters"
            case .objects: "in the text of objects: write objects: | and, further right, array:"
            }
        }
    }

    private static let root = ["apiVersion", "kind", "metadata", "spec", "status"]
    private static let spec = ["provider", "parameters", "secretObjects"]

    /// Returns the correct place of the key `name`, which is in another place now. Returns nil for names without a
    /// place, and for names that are in the right one.
    static func place(of name: String, notUnder here: Place) -> Place? {
        let places: [(Place, [String])] = [
            (.root, root), (.spec, spec), (.parameters, ParameterNames.known), (.objects, ["array"]),
        ]
        guard !places.contains(where: { $0.0 == here && $0.1.contains(name) }) else { return nil }
        return places.first { $0.1.contains(name) }?.0
    }

    func findings() -> [Finding] {
        let root = manifest.root
        guard (root["spec"]?["provider"]?.text ?? "azure").lowercased() == "azure" else { return [] }
        return misplaced(root, under: .root) + misplaced(root["spec"], under: .spec)
            + misplaced(root["spec"]?["parameters"], under: .parameters) + inObjects()
    }

    private func misplaced(_ node: YAMLNode?, under here: Place) -> [Finding] {
        (node?.mapping ?? []).compactMap { member in
            guard let name = member.key.scalar?.text, let place = Self.place(of: name, notUnder: here) else {
                return nil
            }
            return finding(name, place, at: member.key)
        }
    }

    /// Finds keys next to `array` in the text of `objects`.
    private func inObjects() -> [Finding] {
        guard let scalar = parsedClass?.parameters["objects"]?.value.scalar,
            let root = try? YAMLParser.parseFirst(scalar.text)
        else { return [] }
        let source = manifest.source.text(of: scalar)
        return (root.mapping ?? []).compactMap { member in
            guard let name = member.key.scalar?.text, let place = Self.place(of: name, notUnder: .objects),
                name != "objects"
            else { return nil }
            return finding(name, place, at: member.key, in: source)
        }
    }

    private func finding(_ name: String, _ place: Place, at key: YAMLNode, in source: TextSource? = nil) -> Finding {
        manifest.finding(
            .keyMisplaced, at: key, in: source, "\(name.clipped) has no effect here",
            fix: "\(name.clipped) belongs \(place.description)")
    }
}
