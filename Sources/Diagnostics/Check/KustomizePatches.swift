internal import Documents

/// The files that kustomizations among the checked files use as patches. A patch is only part of an object.
struct KustomizePatches {
    private var paths: Set<String> = []

    init(_ manifests: [Manifest]) {
        for manifest in manifests
        where ["Kustomization", "Component"].contains(manifest.kind) || Self.isNamed(manifest) {
            let directory = manifest.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let lists = ["patches", "patchesJson6902"].flatMap { manifest.root[$0]?.sequence ?? [] }.map {
                $0["path"]?.text
            }
            let names = lists + (manifest.root["patchesStrategicMerge"]?.sequence ?? []).map(\.text)
            for name in names.compactMap(\.self) where !name.contains("\n") {
                paths.insert(Self.normalised(directory + name.split(separator: "/")))
            }
        }
    }

    /// Whether `manifest` is a patch: a kustomization names it as one, or it contains a patch directive.
    func contains(_ manifest: Manifest) -> Bool {
        let parts = manifest.path.split(separator: "/", omittingEmptySubsequences: false)
        return manifest.root["$patch"] != nil || paths.contains(Self.normalised(parts[...]))
    }

    /// Whether a rule would apply to the object if it were complete.
    static func isChecked(_ manifest: Manifest) -> Bool {
        ["SecretProviderClass", "CSIDriver", "ServiceAccount"].contains(manifest.kind)
            || manifest.podTemplate?.csiVolumes.isEmpty == false
    }

    func finding(_ manifest: Manifest) -> Finding {
        manifest.finding(
            .kustomizePatch, at: nil, "a kustomize patch is a part of an object, so it is not checked alone",
            fix: "check the result: kustomize build . | akv-csi check -")
    }

    private static func isNamed(_ manifest: Manifest) -> Bool {
        ["kustomization.yaml", "kustomization.yml"].contains {
            manifest.path == $0 || manifest.path.hasSuffix("/\($0)")
        }
    }

    /// Returns the path without `.` and, as far as possible, without `..`.
    private static func normalised(_ parts: ArraySlice<Substring>) -> String {
        var result: [Substring] = []
        for part in parts where part != "." {
            if part == "..", let last = result.last, last != "..", !last.isEmpty {
                result.removeLast()
            } else {
                result.append(part)
            }
        }
        return result.joined(separator: "/")
    }
}
