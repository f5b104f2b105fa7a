internal import Documents
internal import ProviderCore
internal import SecretMemory

/// Migrates a set of manifests from aad-pod-identity and client secrets to workload identity.
package struct Migration: Sendable {
    /// A file with its old and new text.
    package struct ChangedFile: Sendable {
        package var path: String
        package var before: String
        package var after: String
        /// The text `after` with the new manifests that are appended to it.
        package private(set) var complete: String

        init(_ file: ManifestFile, after: String) {
            let mark = file.hasByteOrderMark ? String(ManifestFile.byteOrderMark) : ""
            path = file.path
            before = mark + file.text
            self.after = mark + after
            complete = self.after
        }

        mutating func append(_ manifests: [String]) {
            let newline = before.utf8.contains(0x0D) ? "\r\n" : "\n"
            for manifest in manifests {
                complete += (complete.utf8.last == 0x0A ? "" : newline) + "---\n".replacing("\n", with: newline)
                complete += manifest.replacing("\n", with: newline)
            }
        }
    }

    /// A change that was made, or a decision that only a person can make.
    package struct Note: Sendable {
        package var path: String
        package var line: Int
        package var text: String
    }

    /// A service account that gets an identity, and the objects that it reads.
    struct Federation: Sendable {
        var namespace: String
        var serviceAccount: String
        var identity: FormerIdentity
        var objects: [(vault: String, object: KeyVaultObject)] = []

        var subject: String { "system:serviceaccount:\(namespace):\(serviceAccount)" }
    }

    package internal(set) var done: [Note] = []
    package internal(set) var undecided: [Note] = []
    /// What can be deleted when the changed manifests are in use.
    package internal(set) var leftovers: [String] = []
    /// The manifests of ServiceAccounts that the files do not contain.
    package internal(set) var newManifests: [String] = []
    /// The files that change. Everything else in them stays unchanged.
    package internal(set) var changedFiles: [ChangedFile] = []
    var federations: [Federation] = []
    /// The places of the workloads that lose the label of aad-pod-identity.
    var changedWorkloads: Set<String> = []
    var removedCredentials: [Credential] = []
    var edits: [String: [(edit: TextEdit, change: MemberChange)]] = [:]
    var texts: [String: EditableText] = [:]
    let files: [ManifestFile]
    let manifests: [Manifest]

    /// Plans the migration of `files`. A file that is not YAML becomes an open decision, and the others are migrated.
    package init(_ files: [ManifestFile]) {
        self.files = files
        var manifests: [Manifest] = []
        var unread: [Note] = []
        for file in files {
            do throws(YAMLError) {
                manifests += try Manifest.read(file)
            } catch {
                let isTemplate = file.text.contains("{{")
                unread.append(
                    Note(
                        path: file.path, line: max(1, error.line),
                        text: "the file is not YAML: \(error.reason)"
                            + (isTemplate ? "; it is a template, so render it first" : "; see akv-csi check")))
            }
        }
        self.manifests = manifests
        undecided = unread
        for file in files { texts[file.path] = EditableText(file.text) }
        run()
    }

    /// Adds a file that could not be read.
    package mutating func addUnreadable(_ path: String, _ reason: String) {
        undecided.insert(Note(path: path, line: 1, text: reason), at: 0)
        leftovers = []
    }

    // MARK: - The steps

    private mutating func run() {
        let podIdentities = PodIdentityObjects(manifests)
        let workloads = manifests.compactMap(Workload.init)
        var decisions: [Decision] = []
        var undecidedClasses: [ClassManifest] = []
        for parsedClass in manifests.compactMap(ClassManifest.init) {
            let count = undecided.count
            if let decision = decision(on: parsedClass, workloads, podIdentities) {
                decisions.append(decision)
            } else if undecided.count > count {
                undecidedClasses.append(parsedClass)
            }
        }
        for decision in decisions {
            change(decision.parsedClass, decision.mode, to: decision.identity)
            for user in decision.users {
                let isComplete = !undecidedClasses.contains { user.mounts($0) }
                change(user, decision.mode, decision.parsedClass, isComplete: isComplete)
                federate(user, decision.identity, decision.plan)
            }
        }
        annotateAccounts()
        countCredentials()
        finish()
        findLeftovers(podIdentities, workloads)
    }

    /// The changes of a class and its users.
    private struct Decision {
        var parsedClass: ClassManifest
        var mode: IdentityMode
        var identity: FormerIdentity
        var users: [Workload]
        var plan: MountPlan
    }

    /// Returns nil if the class does not need a change, or if a person must decide.
    private mutating func decision(
        on parsedClass: ClassManifest, _ workloads: [Workload], _ podIdentities: PodIdentityObjects
    ) -> Decision? {
        guard case .success(let attributes) = parsedClass.validated() else {
            undecided.append(note(parsedClass.manifest, nil, "the class has mistakes; see akv-csi check"))
            return nil
        }
        let mode = attributes.identity.mode
        guard mode == .podIdentity || mode == .servicePrincipal else { return nil }
        let users = workloads.filter { $0.mounts(parsedClass) }
        guard !users.isEmpty else {
            undecided.append(
                note(
                    parsedClass.manifest, nil,
                    "no workload in these files mounts the class, so its identity is not known"))
            return nil
        }
        let found = users.map { identity(of: $0, mode, parsedClass, podIdentities) }
        var identities: [FormerIdentity] = []
        for identity in found.compactMap(\.self) where !identities.contains(identity) { identities.append(identity) }
        guard let identity = identities.first, !found.contains(nil) else { return nil }
        guard identities.count == 1 else {
            let ids = identities.map(\.clientID).joined(separator: ", ")
            undecided.append(
                note(
                    parsedClass.manifest, nil, "its workloads have several identities (\(ids)): make a class for each"))
            return nil
        }
        return Decision(
            parsedClass: parsedClass, mode: mode, identity: identity, users: users, plan: MountPlan(attributes))
    }

    /// Returns the identity that a workload had. If it is not known, adds a note with the reason.
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
                        : "the label \(label.clipped) matches several identities: \(found.map(\.clientID).joined(separator: ", "))"
                ))
            return nil
        }
        return identity
    }

    /// Returns the client ID in the Secret that a volume names. The client secret is not read.
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

    private mutating func annotateAccounts() {
        for federation in federations {
            let account = manifests.first { manifest in
                manifest.kind == "ServiceAccount" && manifest.name == federation.serviceAccount
                    && (manifest.namespace ?? federation.namespace) == federation.namespace
            }
            let all = federations.filter { $0.subject == federation.subject }
            guard all.count == 1 else {
                if all.first?.identity == federation.identity {
                    undecided.append(
                        Note(
                            path: account?.path ?? "", line: account?.root.start.line ?? 0,
                            text:
                                "the account \(federation.serviceAccount) has several identities, the annotation holds one"
                        ))
                }
                continue
            }
            annotate(federation, account)
        }
    }

    /// Adds the annotation to the account. The workload identity webhook, if it is installed, uses it for the Azure
    /// SDKs in the pods.
    private mutating func annotate(_ federation: Federation, _ account: Manifest?) {
        let client = "azure.workload.identity/client-id"
        let text = "\(client): \(JSONWriter.quoted(federation.identity.clientID))"
        guard let account, let metadata = account.root["metadata"] else {
            if federation.serviceAccount != "default" { newManifests.append(Self.account(federation, text)) }
            return
        }
        let annotations = metadata["annotations"]
        if let value = annotations?[client]?.scalar {
            guard value.text != federation.identity.clientID else { return }
            replace(value, with: federation.identity.clientID, account, text)
        } else if let annotations, annotations.mapping?.isEmpty == false {
            insert([client], federation.identity.clientID, into: annotations, account, text)
        } else if annotations == nil {
            insert(["annotations", client], federation.identity.clientID, into: metadata, account, text)
        } else {
            undecided.append(note(account, metadata.key("annotations"), "write the annotation \(text)"))
        }
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

    /// Returns a name as YAML, in quotes if it is not a valid Kubernetes name.
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
}

extension Base64 {
    /// Returns the decoded text.
    fileprivate static func decode(_ encoded: String) -> String? {
        SecretBytes(encoded).withExposed { decode($0, alphabet: .standard) }?.withExposed {
            String(validating: $0, as: UTF8.self)
        }
    }
}
