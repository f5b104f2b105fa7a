internal import Documents
internal import SecretMemory

/// The rules for `secretObjects`: what the driver will make of the volume's files.
struct SecretObjectsCheck {
    let parsedClass: ClassManifest
    /// Nil when the objects have mistakes of their own, or settings that decide on files beside their path.
    let files: ExpectedFiles?

    func findings() -> [Finding] {
        let manifest = parsedClass.manifest
        guard let node = manifest.root["spec"]?["secretObjects"], !node.isNull else { return [] }
        guard let entries = node.sequence else {
            return [
                manifest.finding(
                    .secretObjectInvalid, at: node, "secretObjects is no list",
                    fix: "begin each entry with \"- secretName:\"")
            ]
        }
        var findings: [Finding] = []
        var names: Set<String> = []
        let unknown = UnknownNames()
        for entry in entries {
            let name = entry["secretName"]?.text
            for key in ["secretName", "type"] where entry[key]?.text == nil {
                findings.append(
                    manifest.finding(
                        .secretObjectInvalid, at: entry, "an entry of secretObjects has no \(key)",
                        fix: key == "type"
                            ? "write type: Opaque, or kubernetes.io/tls" : "name the Secret to be written"))
            }
            if let name, !names.insert(name).inserted {
                findings.append(
                    manifest.finding(
                        .secretNameConflict, at: entry["secretName"],
                        "the class writes the Secret \(name.clipped) twice",
                        fix: "put all of its keys under one entry"))
            }
            findings += data(of: entry, unknown)
        }
        return findings
    }

    private func data(of entry: YAMLNode, _ unknown: UnknownNames) -> [Finding] {
        let manifest = parsedClass.manifest
        guard let items = entry["data"]?.sequence, !items.isEmpty else {
            return [
                manifest.finding(
                    .secretObjectInvalid, at: entry, "an entry of secretObjects has no data",
                    fix: "list objectName and key of each file that goes into the Secret")
            ]
        }
        var findings: [Finding] = []
        for item in items {
            guard let file = item["objectName"]?.text, let key = item["key"]?.text else {
                findings.append(
                    manifest.finding(
                        .secretObjectInvalid, at: item, "each entry of data needs objectName and key",
                        fix: "write objectName: <path of the file> and key: <key in the Secret>"))
                continue
            }
            if entry["type"]?.text == "kubernetes.io/tls", !["tls.crt", "tls.key"].contains(key) {
                findings.append(
                    manifest.finding(
                        .secretObjectTLSKey, at: item["key"],
                        "a Secret of type kubernetes.io/tls has no key \(key.clipped)",
                        fix: "write key: tls.crt or key: tls.key"))
            }
            if let files, !files.mayHold(file) {
                findings.append(missing(file, of: files, at: item["objectName"], unknown))
            }
        }
        return findings
    }

    private func missing(
        _ file: String, of files: ExpectedFiles, at node: YAMLNode?, _ unknown: UnknownNames
    ) -> Finding {
        let message = "the volume holds no file \(file.clipped), so the Secret is not written"
        let fix: String
        if let path = files.path(ofObject: file) {
            fix = "objectName here is the file's path, not the vault's name: write objectName: \(path)"
        } else if unknown.hasRoom(), let nearest = SpellingSuggestion.of(file, among: files.paths) {
            fix = "the nearest file is \(nearest)"
        } else {
            fix = "list the object under parameters.objects"
        }
        return parsedClass.manifest.finding(.secretObjectFileMissing, at: node, message, fix: fix)
    }
}
