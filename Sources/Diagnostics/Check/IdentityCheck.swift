internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules of workload identity for pods and ServiceAccounts.
struct IdentityCheck {
    let workloads: [Workload]
    let classes: [ClassManifest]
    let accounts: [Manifest]

    private static let annotations = [AnnotatedIdentity.clientIDAnnotation, AnnotatedIdentity.tenantIDAnnotation]
    private static let prefix = "azure.workload.identity/"
    private static let use = "azure.workload.identity/use"
    private static let knownAnnotations =
        annotations + [
            "azure.workload.identity/service-account-token-expiration", "azure.workload.identity/skip-containers",
            "azure.workload.identity/inject-proxy-sidecar", "azure.workload.identity/proxy-sidecar-port",
            "azure.workload.identity/use-identity-binding",
        ]

    func findings() -> [Finding] {
        accounts.flatMap(account) + workloads.flatMap(pod)
    }

    private func account(_ manifest: Manifest) -> [Finding] {
        let metadata = manifest.root["metadata"]
        return keys(
            manifest, metadata?["annotations"], known: Self.knownAnnotations, rule: .identityAnnotation,
            what: "annotation", labelled: " of the pods")
            + labels(manifest, metadata?["labels"])
    }

    /// Returns findings for labels of a ServiceAccount. The webhook reads its label only from pods, so a label of a
    /// ServiceAccount does not have an effect.
    private func labels(_ manifest: Manifest, _ node: YAMLNode?) -> [Finding] {
        (node?.mapping ?? []).compactMap { member in
            guard let name = member.key.scalar?.text, Self.isMeant(name) else { return nil }
            return manifest.finding(
                CheckRule.identityLabel.rawValue, .note, at: member.key.start,
                "the label \(name.clipped) has no effect on a ServiceAccount: the workload identity webhook reads labels of pods",
                fix: "for the pods' own SDKs write \(Self.use): \"true\" among the labels of the pods")
        }
    }

    private func keys(
        _ manifest: Manifest, _ node: YAMLNode?, known: [String], rule: CheckRule, what: String,
        labelled owner: String = ""
    ) -> [Finding] {
        (node?.mapping ?? []).compactMap { member in
            guard let name = member.key.scalar?.text, Self.isMeant(name) else { return nil }
            if !known.contains(name) {
                let isLabel = name == Self.use
                let other = isLabel ? "a label" : Self.knownAnnotations.contains(name) ? "an annotation" : nil
                return manifest.finding(
                    rule, at: member.key, "the \(what) is ignored: \(name.clipped)",
                    fix: other.map { "make it \($0)\(isLabel ? owner : "")" }
                        ?? ClassCheck.suggestion(for: name, among: known))
            }
            guard name == Self.use, member.value.scalar?.text != "true" || member.value.tag != "!!str" else {
                return nil
            }
            return manifest.finding(
                rule, at: member.value, "the label counts only with the text \"true\"",
                fix: "write \(Self.use): \"true\"")
        }
    }

    /// Whether the name has workload identity's prefix or a similar one.
    private static func isMeant(_ name: String) -> Bool {
        if name.lowercased().hasPrefix(prefix) { return true }
        guard let slash = name.firstIndex(of: "/") else { return false }
        return SpellingSuggestion.distance(String(name[...slash]).lowercased(), prefix) <= 3
    }

    // MARK: - Pods

    private func pod(_ workload: Workload) -> [Finding] {
        let manifest = workload.manifest
        let labels = workload.template.metadata?["labels"]
        var findings =
            keys(manifest, labels, known: [Self.use], rule: .identityLabel, what: "label")
            + keys(
                manifest, workload.template.metadata?["annotations"], known: Self.knownAnnotations,
                rule: .identityAnnotation, what: "annotation")
        let used = workload.volumes.compactMap { volume in
            workload.mountedClass(volume.className, among: classes)
        }
        let attributes = used.compactMap { parsedClass in try? parsedClass.validated().get() }
        if let key = labels?.key("aadpodidbinding"), attributes.contains(where: { $0.identity.mode != .podIdentity }) {
            findings.append(
                manifest.finding(
                    .podIdentityLeftover, at: key, "the pod's class does not use aad-pod-identity any more",
                    fix: "remove the label aadpodidbinding"))
        }
        guard !used.isEmpty else { return findings }
        return findings + serviceAccount(of: workload, used)
    }

    private func serviceAccount(of workload: Workload, _ used: [ClassManifest]) -> [Finding] {
        let name = workload.template.serviceAccount
        let here = accounts.filter { $0.mayShareNamespace(with: workload.manifest) }
        guard let account = here.first(where: { $0.name == name }) else {
            guard name != "default", let nearest = SpellingSuggestion.of(name, among: here.map(\.name)),
                SpellingSuggestion.distance(name, nearest) <= 2
            else { return [] }
            return [
                workload.manifest.finding(
                    .serviceAccountMissing, at: workload.template.spec["serviceAccountName"],
                    "these files do not contain a ServiceAccount \(name.clipped) in namespace \(workload.namespace)",
                    fix: "did you mean \(nearest)?")
            ]
        }
        let annotations = account.root["metadata"]?["annotations"]
        return used.flatMap { parsedClass -> [Finding] in
            guard case .success(let attributes) = parsedClass.validated(),
                attributes.identity.mode == .workloadIdentity || attributes.identity.mode == .azureTokenProxy
            else { return [] }
            // A value that the class takes from the annotation cannot differ from it.
            let pairs = [
                (
                    Self.annotations[0], "clientID",
                    attributes.clientSourceAccount == nil ? attributes.identity.clientID : ""
                ),
                (Self.annotations[1], "tenantID", parsedClass.tenantID),
            ]
            return pairs.compactMap { annotation, parameter, value in
                if value.isEmpty { return nil }
                guard let said = annotations?[annotation]?.text, said.lowercased() != value.lowercased() else {
                    return nil
                }
                return account.finding(
                    .identityMismatch, at: annotations?[annotation],
                    "\(parsedClass.manifest.title), which pods of this account mount, has \(parameter) \(value.clipped), "
                        + "the annotation \(said.clipped)",
                    fix:
                        "let both name one identity; the volume uses the class, and the pod's own SDKs use the annotation"
                )
            }
        }
    }
}
