internal import Documents
internal import SecretMemory

/// Checks manifests together, by the rules of the provider, the driver, the kubelet and workload identity.
package struct ManifestCheck: Sendable {
    /// Every object that could be read.
    package private(set) var manifests: [Manifest] = []
    private var unread: [Finding] = []
    package let accounts: AnnotatedAccounts

    /// Reads `files`. `readsAnnotations` is true if the provider runs with --service-account-annotations; a manifest of
    /// the provider among the files can show this too.
    package init(_ files: [ManifestFile], readsAnnotations: Bool = false) {
        var manifests: [Manifest] = []
        for file in files {
            do throws(YAMLError) {
                manifests += try Manifest.read(file)
            } catch {
                unread.append(Self.unreadable(file, error))
            }
        }
        self.manifests = manifests
        accounts = AnnotatedAccounts(manifests, usesAnnotations: readsAnnotations)
    }

    /// The classes of this provider.
    package var classes: [ClassManifest] { manifests.compactMap(parsedClass) }

    private func parsedClass(_ manifest: Manifest) -> ClassManifest? {
        var parsedClass = ClassManifest(manifest)
        if accounts.usesAnnotations { parsedClass?.accounts = accounts }
        return parsedClass
    }

    /// The audiences in `tokenRequests` of the driver's CSIDriver; nil if the files do not contain it.
    package var tokenAudiences: [String]? {
        let driver = manifests.first { $0.kind == "CSIDriver" && $0.name == Workload.driver }
        return driver.map { ($0.root["spec"]?["tokenRequests"]?.sequence ?? []).compactMap { $0["audience"]?.text } }
    }

    package var workloads: [Workload] { manifests.compactMap(Workload.init) }

    /// The requests to Azure that mounting each class without mistakes would cause.
    package var forecasts: [MountForecast] {
        let workloads = workloads
        return classes.flatMap { MountForecast.all($0, workloads: workloads) }
    }

    /// Returns all findings in the order of files and lines.
    package func findings() -> [Finding] {
        var findings = unread
        let patches = KustomizePatches(manifests)
        var finished = ManifestCheck(self, manifests: [])
        /// The lines of each file that a template will change.
        var unfinished: Set<String> = []
        for manifest in manifests {
            if patches.contains(manifest) {
                if KustomizePatches.isChecked(manifest) { findings.append(patches.finding(manifest)) }
                continue
            }
            let template = TemplateCheck(manifest: manifest).result()
            if let template {
                findings.append(template.finding)
                unfinished.formUnion(template.lines.map { "\(manifest.path):\($0)" })
            }
            if template?.changesStructure != true { finished.manifests.append(manifest) }
        }
        findings += finished.rules(among: manifests).filter {
            !unfinished.contains("\($0.path):\($0.position.line)")
        }
        let order = Dictionary(
            manifests.map(\.path).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        return findings.enumerated().sorted { a, b in
            let (left, right) = (a.element, b.element)
            return (order[left.path] ?? -1, left.position, a.offset) < (
                order[right.path] ?? -1, right.position, b.offset
            )
        }.map(\.element)
    }

    private init(_ check: ManifestCheck, manifests: [Manifest]) {
        self.manifests = manifests
        accounts = check.accounts
    }

    /// Returns the findings of all rules about these manifests. `all` also has the manifests that are not checked.
    private func rules(among all: [Manifest]) -> [Finding] {
        let classes = classes
        let workloads = workloads
        var findings: [Finding] = []
        for manifest in manifests {
            findings += duplicates(in: manifest)
            findings += ClassCheck(manifest: manifest, parsedClass: parsedClass(manifest)).findings()
            findings += CSIDriverCheck(manifest: manifest, classes: classes).findings()
            findings += podIdentity(manifest)
        }
        let allClasses = all.filter { $0.kind == "SecretProviderClass" }
        for workload in workloads {
            findings += WorkloadCheck(
                workload: workload, workloads: workloads, classes: classes, allClasses: allClasses, accounts: accounts
            ).findings()
        }
        findings += namespaces(workloads, classes)
        return findings
            + IdentityCheck(
                workloads: workloads, classes: classes, accounts: manifests.filter { $0.kind == "ServiceAccount" }
            ).findings()
    }

    /// Finds classes without a namespace that pods of a namespace mount, and pods without a namespace that mount
    /// classes of one.
    private func namespaces(_ workloads: [Workload], _ classes: [ClassManifest]) -> [Finding] {
        var reported: Set<String> = []
        return workloads.flatMap { workload in
            workload.volumes.compactMap { volume -> Finding? in
                guard let parsedClass = workload.mountedClass(volume.className, among: classes),
                    let namespace = parsedClass.manifest.namespace ?? workload.manifest.namespace,
                    parsedClass.manifest.namespace != workload.manifest.namespace
                else { return nil }
                let (unset, other) =
                    parsedClass.manifest.namespace == nil
                    ? (parsedClass.manifest, workload.manifest) : (workload.manifest, parsedClass.manifest)
                guard reported.insert("\(unset.path) \(unset.title) \(namespace)").inserted else { return nil }
                return unset.finding(
                    .namespaceMissing, at: unset.root["metadata"],
                    "\(unset.title) names no namespace, and \(other.title) is in \(namespace.clipped): a pod can only use classes of its own namespace",
                    fix:
                        "write namespace: \(namespace.clipped), or apply it with kubectl apply --namespace \(namespace.clipped)"
                )
            }
        }
    }

    private static func unreadable(_ file: ManifestFile, _ error: YAMLError) -> Finding {
        if let template = TemplateCheck.finding(of: file) { return template }
        let line = max(1, error.line)
        let lines = TextSource(file: file.text).lines
        let text = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        return Finding(
            rule: CheckRule.yamlInvalid.rawValue, severity: .error, path: file.path,
            position: TextSource.Position(line: line, column: max(1, error.column)), line: text, subject: "",
            message: "the file is not YAML: \(error.reason)",
            fix: error.reason.contains("aliasing")
                ? "do without nested anchors, or split the file"
                : text.contains("\t")
                    ? "indent with spaces: YAML takes no tabs"
                    : "check the indentation of this line and the one before it")
    }

    /// The API server does not accept duplicate keys.
    private func duplicates(in manifest: Manifest) -> [Finding] {
        var findings: [Finding] = []
        func visit(_ node: YAMLNode) {
            for element in node.sequence ?? [] { visit(element) }
            var seen: [ByteKey: Int] = [:]
            for (key, value) in node.mapping ?? [] {
                if let scalar = key.scalar {
                    if let first = seen[ByteKey(scalar.text)] {
                        findings.append(
                            manifest.finding(
                                .keyDuplicate, at: key, "\(scalar.text.clipped) is already set in line \(first)",
                                fix: "remove one of the two"))
                    }
                    seen[ByteKey(scalar.text)] = scalar.line
                }
                visit(value)
            }
        }
        visit(manifest.root)
        return findings
    }

    private func podIdentity(_ manifest: Manifest) -> [Finding] {
        guard manifest.apiVersion.hasPrefix("aadpodidentity.k8s.io/") else { return [] }
        return [
            manifest.finding(
                .podIdentityLeftover, at: manifest.root["kind"],
                "aad-pod-identity is archived and no longer maintained",
                fix: "move to workload identity: akv-csi migrate \(manifest.path)")
        ]
    }
}
