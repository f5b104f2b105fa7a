internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules for `secretObjects`, by which the driver creates Secrets from the volume's files.
struct SecretObjectsCheck {
    let parsedClass: ClassManifest
    /// The files of the volume; nil if the objects have mistakes, or have settings that change the files.
    let files: ExpectedFiles?

    func findings() -> [Finding] {
        let manifest = parsedClass.manifest
        guard let node = manifest.root["spec"]?["secretObjects"], !node.isNull else { return [] }
        guard let entries = node.sequence else {
            return [
                manifest.finding(
                    .secretObjectInvalid, at: node, "secretObjects is not a list",
                    fix: "begin each entry with \"- secretName:\"")
            ]
        }
        var findings: [Finding] = []
        var names: Set<String> = []
        let unknown = UnknownNames()
        for entry in entries {
            let name = entry["secretName"]?.text
            for key in ["secretName", "type"] where entry[key]?.text == nil {
                let written = Self.misspelling(of: key, in: entry)
                findings.append(
                    manifest.finding(
                        .secretObjectInvalid, at: written ?? entry, "an entry of secretObjects has no \(key)",
                        fix: Self.fix(key, written)
                            ?? (key == "type"
                                ? "write type: Opaque, or kubernetes.io/tls" : "name the Secret to be written")))
            }
            if let name, let problem = SecretTypeRules.problem(withName: name) {
                findings.append(
                    manifest.finding(
                        .secretObjectName, at: entry["secretName"],
                        "the API server refuses a Secret called \(name.clipped): \(problem)",
                        fix: SecretTypeRules.nearest(name, isName: true).map { "write secretName: \($0)" }
                            ?? "write another secretName"))
            }
            findings += texts(of: entry)
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

    /// Finds labels and annotations that are not texts.
    private func texts(of entry: YAMLNode) -> [Finding] {
        ["labels", "annotations"].flatMap { entry[$0]?.mapping ?? [] }.filter { $0.value.tag != "!!str" }.map {
            member in
            let name = member.key.scalar?.text.clipped ?? ""
            return parsedClass.manifest.finding(
                .secretObjectInvalid, at: member.value,
                "the API server refuses the class: \(name) is a text, here it is \(ClassCheck.kind(member.value))",
                fix: "put it in quotes: \(name): \"\(member.value.scalar?.text.clipped ?? "")\"")
        }
    }

    /// Returns the key node that was probably meant to be `key`.
    private static func misspelling(of key: String, in node: YAMLNode) -> YAMLNode? {
        let known = ["secretName", "type", "data", "labels", "annotations", "objectName", "key"]
        return (node.mapping ?? []).map(\.key).first { written in
            guard let name = written.scalar?.text, !known.contains(name) else { return false }
            return SpellingSuggestion.near(name, among: known) == key
        }
    }

    private static func fix(_ key: String, _ written: YAMLNode?) -> String? {
        written?.scalar.map { "write \(key) instead of \($0.text.clipped)" }
    }

    private func data(of entry: YAMLNode, _ unknown: UnknownNames) -> [Finding] {
        let manifest = parsedClass.manifest
        guard let items = entry["data"]?.sequence, !items.isEmpty else {
            let written = Self.misspelling(of: "data", in: entry)
            return [
                manifest.finding(
                    .secretObjectInvalid, at: written ?? entry, "an entry of secretObjects has no data",
                    fix: Self.fix("data", written) ?? "list objectName and key of each file that goes into the Secret")
            ]
        }
        var findings = missingKeys(of: entry, items)
        var keys: Set<String> = []
        for item in items {
            guard let file = item["objectName"]?.text, let key = item["key"]?.text else {
                let missing = item["objectName"]?.text == nil ? "objectName" : "key"
                let written = Self.misspelling(of: missing, in: item)
                findings.append(
                    manifest.finding(
                        .secretObjectInvalid, at: written ?? item, "each entry of data needs objectName and key",
                        fix: Self.fix(missing, written)
                            ?? "write objectName: <path of the file> and key: <key in the Secret>"))
                continue
            }
            let isTLS = entry["type"]?.text == SecretTypeRules.tls
            if !isTLS, let problem = SecretTypeRules.problem(withKey: key) {
                findings.append(
                    manifest.finding(
                        .secretObjectKey, at: item["key"], "the API server refuses the key \(key.clipped): \(problem)",
                        fix: SecretTypeRules.nearest(key, isName: false).map { "write key: \($0)" }
                            ?? "write another key"))
            }
            if !keys.insert(key).inserted {
                findings.append(
                    manifest.finding(
                        .secretObjectKey, at: item["key"], "the Secret has the key \(key.clipped) twice",
                        fix: "give one of the two another key"))
            }
            if isTLS, let finding = part(key, of: file, at: item) { findings.append(finding) }
            if isTLS, !["tls.crt", "tls.key"].contains(key) {
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

    /// Finds the keys that the Secret's type needs and that `items` do not provide. A TLS Secret with other keys has a
    /// finding for each of those.
    private func missingKeys(of entry: YAMLNode, _ items: [YAMLNode]) -> [Finding] {
        guard let type = entry["type"]?.text else { return [] }
        let present = items.compactMap { $0["key"]?.text }
        if type == SecretTypeRules.tls, present.contains(where: { !["tls.crt", "tls.key"].contains($0) }) { return [] }
        return SecretTypeRules.missing(type, present: present).map { key in
            parsedClass.manifest.finding(
                .secretObjectKeyMissing, at: entry["type"],
                "the API server refuses a Secret of type \(type) without the key \(key)",
                fix: "add an entry to data with key: \(key)")
        }
    }

    /// Finds a file that cannot contain a certificate for `tls.crt`, or a private key for `tls.key`.
    private func part(_ key: String, of file: String, at item: YAMLNode) -> Finding? {
        guard let object = files?.object(at: file) else { return nil }
        let problem: String?
        var fix = "write objectType: secret for the object, which has the certificate and its key"
        switch (object.type, key) {
        case (.certificate, "tls.key"): problem = "an object of type cert is the certificate without its key"
        case (.key, "tls.key"): problem = "an object of type key is the public key"
        case (.key, "tls.crt"): problem = "an object of type key has no certificate"
        case (.secret, _) where object.format == .pfx && object.encoding != .base64:
            problem = "an object of objectFormat: pfx is a text in base64"
            fix = "leave objectFormat out, so that the file is PEM"
        default: problem = nil
        }
        return problem.map {
            parsedClass.manifest.finding(
                .secretObjectTLSFile, at: item["objectName"],
                "\(file.clipped) cannot be \(key.clipped), so the Secret is not written: \($0)", fix: fix)
        }
    }
}
