package import Documents
internal import ProviderCore
internal import SecretMemory

/// The way of a set of manifests from aad-pod-identity and client secrets to workload identity.
package struct Migration: Sendable {
    /// A file with its new text.
    package struct ChangedFile: Sendable {
        package var path: String
        package var before: String
        package var after: String
    }

    /// What was done, or what only a person can decide.
    package struct Note: Sendable {
        package var path: String
        package var line: Int
        package var text: String
    }

    /// A service account that comes to have an identity, and what it reads.
    struct Federation: Sendable {
        var namespace: String
        var serviceAccount: String
        var identity: FormerIdentity
        var objects: [(vault: String, object: KeyVaultObject)] = []

        var subject: String { "system:serviceaccount:\(namespace):\(serviceAccount)" }
    }

    package internal(set) var done: [Note] = []
    package internal(set) var undecided: [Note] = []
    /// What may go once the changed manifests are in use.
    package internal(set) var leftovers: [String] = []
    /// ServiceAccounts that no file holds.
    package internal(set) var newManifests: [String] = []
    var federations: [Federation] = []
    private var edits: [String: [TextEdit]] = [:]
    private let files: [ManifestFile]
    private let manifests: [Manifest]

    package init(_ files: [ManifestFile]) throws(YAMLError) {
        self.files = files
        var manifests: [Manifest] = []
        for file in files { manifests += try Manifest.read(file) }
        self.manifests = manifests
        run()
    }

    /// The files that are to change, with all else in them as it was.
    package var changedFiles: [ChangedFile] {
        files.compactMap { file in
            guard let edits = edits[file.path] else { return nil }
            return ChangedFile(path: file.path, before: file.text, after: TextEdit.apply(edits, to: file.text))
        }
    }

    // MARK: - The steps

    private mutating func run() {
        let podIdentities = PodIdentityObjects(manifests)
        let workloads = manifests.compactMap(Workload.init)
        for parsedClass in manifests.compactMap(ClassManifest.init) {
            guard case .success(let attributes) = parsedClass.validated() else {
                undecided.append(note(parsedClass.manifest, nil, "the class has mistakes; see akv-csi check"))
                continue
            }
            let mode = attributes.identity.mode
            guard mode == .podIdentity || mode == .servicePrincipal else { continue }
            let users = workloads.filter { workload in
                workload.namespace == parsedClass.namespace
                    && workload.volumes.contains { $0.className == parsedClass.manifest.name }
            }
            guard !users.isEmpty else {
                undecided.append(
                    note(
                        parsedClass.manifest, nil,
                        "no workload in these files mounts the class, so its identity is not known"))
                continue
            }
            var identities: [FormerIdentity] = []
            for user in users {
                guard let identity = identity(of: user, mode, parsedClass, podIdentities) else { continue }
                if !identities.contains(identity) { identities.append(identity) }
            }
            guard let identity = identities.first else { continue }
            guard identities.count == 1 else {
                let ids = identities.map(\.clientID).joined(separator: ", ")
                undecided.append(
                    note(
                        parsedClass.manifest, nil,
                        "its workloads have several identities (\(ids)): make a class for each")
                )
                continue
            }
            change(parsedClass, mode, to: identity)
            for user in users {
                change(user, mode, parsedClass)
                federate(user, identity, MountPlan(attributes))
            }
        }
        for federation in federations { annotate(federation) }
        leftovers += podIdentities.all.map {
            "kubectl delete \($0.kind.lowercased()) \($0.name)" + ($0.namespace.map { " --namespace \($0)" } ?? "")
        }
        countCredentials()
    }

    /// The identity that a workload had, or a note of why that cannot be told.
    private mutating func identity(
        of user: Workload, _ mode: IdentityMode, _ parsedClass: ClassManifest, _ objects: PodIdentityObjects
    ) -> FormerIdentity? {
        if mode == .servicePrincipal { return application(of: user, parsedClass) }
        guard let label = user.template.metadata?["labels"]?["aadpodidbinding"]?.text else {
            undecided.append(
                note(
                    user.manifest, nil,
                    "\(user.manifest.title) mounts a class of aad-pod-identity without the label aadpodidbinding"))
            return nil
        }
        let found = objects.identities(for: label, namespace: user.namespace)
        guard let identity = found.first, found.count == 1 else {
            undecided.append(
                note(
                    user.manifest, user.template.metadata?["labels"]?["aadpodidbinding"],
                    found.isEmpty
                        ? "no AzureIdentityBinding in these files has the selector \(label.clipped)"
                        : "the label \(label.clipped) leads to several identities: \(found.map(\.clientID).joined(separator: ", "))"
                ))
            return nil
        }
        return identity
    }

    /// The client id in the Secret that a volume names; its client secret is not looked at.
    private mutating func application(of user: Workload, _ parsedClass: ClassManifest) -> FormerIdentity? {
        let references = user.volumes.filter { $0.className == parsedClass.manifest.name }.compactMap {
            $0.csi["nodePublishSecretRef"]?["name"]?.text
        }
        guard let name = references.first else {
            undecided.append(
                note(
                    user.manifest, nil, "the volume of class \(parsedClass.manifest.name) names no nodePublishSecretRef"
                ))
            return nil
        }
        let secret = manifests.first { manifest in
            manifest.kind == "Secret" && manifest.name == name && (manifest.namespace ?? "default") == user.namespace
        }
        func field(_ part: String) -> String? {
            secret?.root[part]?.mapping?.first { $0.key.scalar?.text.lowercased() == "clientid" }?.value.text
        }
        let encoded = field("data").flatMap { Base64.decode($0) }
        guard let clientID = field("stringData") ?? encoded else {
            undecided.append(
                note(
                    user.manifest, nil,
                    "the client id is in the Secret \(name), which is not in these files: kubectl get secret \(name) --namespace \(user.namespace) --output jsonpath='{.data.clientid}' | base64 --decode"
                ))
            return nil
        }
        return FormerIdentity(clientID: clientID.trimmingSpace(), kind: .application)
    }

    private mutating func change(_ parsedClass: ClassManifest, _ mode: IdentityMode, to identity: FormerIdentity) {
        let manifest = parsedClass.manifest
        if mode == .podIdentity, let value = parsedClass.parameters["usePodIdentity"]?.value.scalar {
            add(.replacing(value, with: "\"false\""), manifest, "usePodIdentity: \"false\"", at: value.line)
        }
        let client = JSONWriter.quoted(identity.clientID)
        if let value = parsedClass.parameters["clientID"]?.value.scalar {
            add(.replacing(value, with: client), manifest, "clientID: \(client)", at: value.line)
        } else if let parameters = manifest.root["spec"]?["parameters"],
            let edit = TextEdit.inserting(
                block: { _ in "clientID: \(client)" }, flow: "clientID: \(client)", into: parameters,
                of: manifest.source.lines)
        {
            add(edit, manifest, "clientID: \(client)", at: edit.start.line)
        }
    }

    private mutating func change(_ user: Workload, _ mode: IdentityMode, _ parsedClass: ClassManifest) {
        let manifest = user.manifest
        let use = "azure.workload.identity/use"
        if mode == .podIdentity, let labels = user.template.metadata?["labels"],
            let key = labels.key("aadpodidbinding")?.scalar, let value = labels["aadpodidbinding"]
        {
            let selector = manifest.root["spec"]?["selector"]?["matchLabels"] ?? manifest.root["spec"]?["selector"]
            if selector?["aadpodidbinding"] != nil {
                undecided.append(
                    note(
                        manifest, labels.key("aadpodidbinding"),
                        "its selector has the label aadpodidbinding, which cannot be changed: make the workload anew without it"
                    ))
            } else if labels[use] != nil {
                remove(.scalar(key), value, of: manifest, "the label aadpodidbinding")
            } else if let scalar = value.scalar {
                add(.replacing(key, with: use), manifest, "the label \(use) in place of aadpodidbinding", at: key.line)
                add(.replacing(scalar, with: "\"true\""), manifest, nil, at: key.line)
            }
        }
        for volume in user.volumes where volume.className == parsedClass.manifest.name {
            guard let key = volume.csi.key("nodePublishSecretRef"), let value = volume.csi["nodePublishSecretRef"]
            else { continue }
            remove(key, value, of: manifest, "nodePublishSecretRef")
            if let name = value["name"]?.text {
                let command = "kubectl delete secret \(name) --namespace \(user.namespace)"
                if !leftovers.contains(command) { leftovers.append(command) }
            }
        }
    }

    private mutating func federate(_ user: Workload, _ identity: FormerIdentity, _ plan: MountPlan) {
        let account = user.template.serviceAccount
        if account == "default" {
            undecided.append(
                note(
                    user.manifest, nil,
                    "\(user.manifest.title) runs as the default service account: with it every pod of \(user.namespace) would have the identity; give it one of its own by serviceAccountName"
                ))
        }
        let index = federations.firstIndex {
            $0.namespace == user.namespace && $0.serviceAccount == account && $0.identity == identity
        }
        if index == nil {
            federations.append(Federation(namespace: user.namespace, serviceAccount: account, identity: identity))
        }
        for item in plan.items {
            federations[index ?? federations.count - 1].objects.append(
                (plan.sources[item.source].vault.name, item.object))
        }
    }

    /// Gives the account the annotation by which the workload identity webhook, where it is installed, tells the pods'
    /// own SDKs the identity.
    private mutating func annotate(_ federation: Federation) {
        let client = "azure.workload.identity/client-id"
        let text = "\(client): \(JSONWriter.quoted(federation.identity.clientID))"
        let account = manifests.first { manifest in
            manifest.kind == "ServiceAccount" && manifest.name == federation.serviceAccount
                && (manifest.namespace ?? "default") == federation.namespace
        }
        guard let account, let metadata = account.root["metadata"] else {
            if federation.serviceAccount != "default" { newManifests.append(Self.account(federation, text)) }
            return
        }
        if let value = metadata["annotations"]?[client]?.scalar {
            guard value.text != federation.identity.clientID else { return }
            guard federations.filter({ $0.subject == federation.subject }).count == 1 else {
                undecided.append(
                    note(
                        account, metadata["annotations"]?[client],
                        "the account has several identities, the annotation holds one"))
                return
            }
            add(.replacing(value, with: JSONWriter.quoted(federation.identity.clientID)), account, text, at: value.line)
            return
        }
        let edit =
            metadata["annotations"].flatMap {
                TextEdit.inserting(block: { _ in text }, flow: text, into: $0, of: account.source.lines)
            }
            ?? TextEdit.inserting(
                block: { "annotations:\n\($0)  \(text)" }, flow: "annotations: {\(text)}", into: metadata,
                of: account.source.lines)
        if let edit { add(edit, account, text, at: edit.start.line) }
    }

    private static func account(_ federation: Federation, _ annotation: String) -> String {
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: \(scalar(federation.serviceAccount))
          namespace: \(scalar(federation.namespace))
          annotations:
            \(annotation)

        """
    }

    /// A name as YAML; in quotes if it is none that Kubernetes would take.
    private static func scalar(_ name: String) -> String {
        let isPlain =
            name.first?.isLetter == true
            && name.hasOnlyASCIILettersAndDigits(or: "-.")
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(name.lowercased())
        return isPlain ? name : JSONWriter.quoted(name)
    }

    private mutating func countCredentials() {
        let groups = Dictionary(grouping: federations, by: \.identity)
        for (identity, members) in groups where Set(members.map(\.subject)).count > 20 {
            undecided.append(
                Note(
                    path: "", line: 0,
                    text:
                        "\(identity.clientID) would have \(members.count) federated credentials, Azure takes 20: divide it"
                ))
        }
    }

    // MARK: - Bookkeeping

    private mutating func add(_ edit: TextEdit, _ manifest: Manifest, _ what: String?, at line: Int) {
        edits[manifest.path, default: []].append(edit)
        if let what { done.append(Note(path: manifest.path, line: line, text: "\(manifest.subject): \(what)")) }
    }

    private mutating func remove(_ key: YAMLNode, _ value: YAMLNode, of manifest: Manifest, _ what: String) {
        if let edit = TextEdit.removing(key, value, of: manifest.source.lines) {
            add(edit, manifest, "without \(what)", at: key.line)
        } else {
            undecided.append(note(manifest, key, "remove \(what), which shares its line with others"))
        }
    }

    private func note(_ manifest: Manifest, _ node: YAMLNode?, _ text: String) -> Note {
        Note(path: manifest.path, line: (node ?? manifest.root).start.line, text: text)
    }
}

extension Base64 {
    /// The text that `encoded` stands for.
    fileprivate static func decode(_ encoded: String) -> String? {
        SecretBytes(encoded).withExposed { decode($0, alphabet: .standard) }?.withExposed {
            String(validating: $0, as: UTF8.self)
        }
    }
}
