internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The changes of classes and workloads, and the texts that result from all changes.
extension Migration {
    mutating func change(_ parsedClass: ClassManifest, _ mode: IdentityMode, to identity: FormerIdentity) {
        let manifest = parsedClass.manifest
        if mode == .podIdentity, let value = parsedClass.parameters["usePodIdentity"]?.value.scalar {
            replace(value, with: "false", manifest, "usePodIdentity: \"false\"")
        }
        let what = "clientID: \(JSONWriter.quoted(identity.clientID))"
        if let value = parsedClass.parameters["clientID"]?.value.scalar {
            replace(value, with: identity.clientID, manifest, what)
        } else if let parameters = manifest.root["spec"]?["parameters"] {
            insert(["clientID"], identity.clientID, into: parameters, manifest, what)
        }
    }

    /// Changes a workload. `isComplete` is true if none of its volumes needs aad-pod-identity any more.
    mutating func change(
        _ user: Workload, _ mode: IdentityMode, _ parsedClass: ClassManifest, isComplete: Bool
    ) {
        let manifest = user.manifest
        let use = "azure.workload.identity/use"
        if mode == .podIdentity, isComplete, let labels = user.template.metadata?["labels"],
            let key = labels.key("aadpodidbinding"), let name = key.scalar,
            let value = labels["aadpodidbinding"]?.scalar,
            changedWorkloads.insert(user.place).inserted
        {
            let selector = manifest.root["spec"]?["selector"]?["matchLabels"] ?? manifest.root["spec"]?["selector"]
            if selector?["aadpodidbinding"] != nil {
                undecided.append(
                    note(
                        manifest, key,
                        "its selector has the label aadpodidbinding, which cannot be changed: create the workload again without it"
                    ))
            } else if labels[use] != nil {
                remove(key, from: labels, manifest, "the label aadpodidbinding")
            } else if let text = texts[manifest.path] {
                let what = "the label \(use) in place of aadpodidbinding"
                add(text.renaming(name, to: use), MemberChange(place: key.start, kind: .key(use)), manifest, what)
                replace(value, with: "true", manifest, nil)
            }
        }
        for volume in user.volumes where volume.className == parsedClass.manifest.name {
            guard let key = volume.csi.key("nodePublishSecretRef"), let value = volume.csi["nodePublishSecretRef"]
            else { continue }
            remove(key, from: volume.csi, manifest, "nodePublishSecretRef")
            if let name = value["name"]?.text { removeCredential(name, of: user, at: key.start) }
        }
    }

    // MARK: - Bookkeeping

    mutating func add(_ edit: TextEdit, _ change: MemberChange, _ manifest: Manifest, _ what: String?) {
        edits[manifest.path, default: []].append((edit, change))
        if let what {
            done.append(Note(path: manifest.path, line: change.place.line, text: "\(manifest.subject): \(what)"))
        }
    }

    mutating func replace(_ scalar: YAMLScalar, with value: String, _ manifest: Manifest, _ what: String?) {
        guard let edit = texts[manifest.path]?.replacing(scalar, with: value) else { return }
        add(edit, MemberChange(place: YAMLNode.scalar(scalar).start, kind: .value(value)), manifest, what)
    }

    mutating func insert(
        _ path: [String], _ value: String, into mapping: YAMLNode, _ manifest: Manifest, _ what: String
    ) {
        guard let edit = texts[manifest.path]?.inserting(path, value, into: mapping) else {
            undecided.append(note(manifest, mapping, "write \(what)"))
            return
        }
        add(edit, MemberChange(place: mapping.start, kind: .insertion(path: path, value: value)), manifest, what)
    }

    mutating func remove(_ key: YAMLNode, from mapping: YAMLNode, _ manifest: Manifest, _ what: String) {
        if let edit = texts[manifest.path]?.removing(key, from: mapping) {
            add(edit, MemberChange(place: key.start, kind: .removal), manifest, "without \(what)")
        } else {
            undecided.append(note(manifest, key, "remove \(what), which shares its line with others"))
        }
    }

    /// Creates the new texts. If a change would affect other members of a file too, the file stays unchanged.
    mutating func finish() {
        for file in files {
            guard let edits = edits[file.path], let text = texts[file.path] else { continue }
            let after = text.applying(edits.map(\.edit))
            if let reason = MemberChanges.difference(from: file.text, to: after, edits.map(\.change)) {
                let notes = done.filter { $0.path == file.path }
                let changes = notes.map(\.text).joined(separator: "; ")
                undecided.append(
                    Note(
                        path: file.path, line: notes.first?.line ?? 1,
                        text: "the file cannot be changed safely, because \(reason); change by hand: \(changes)"))
                done.removeAll { $0.path == file.path }
                continue
            }
            changedFiles.append(ChangedFile(file, after: after))
        }
        addNewManifests()
    }

    /// Adds new manifests to the end of the first changed file that is not JSON.
    private mutating func addNewManifests() {
        guard !newManifests.isEmpty else { return }
        guard let index = changedFiles.firstIndex(where: { !MemberChanges.isJSON($0.after) }) else {
            undecided.append(
                Note(
                    path: changedFiles.first?.path ?? "", line: 1,
                    text: "add the new manifests to your files; no file of YAML that changes can take them"))
            return
        }
        changedFiles[index].append(newManifests)
    }

    func note(_ manifest: Manifest, _ node: YAMLNode?, _ text: String) -> Note {
        Note(path: manifest.path, line: (node ?? manifest.root).start.line, text: text)
    }
}
