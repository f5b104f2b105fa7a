internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules for the volumes of a pod.
struct WorkloadCheck {
    let workload: Workload
    /// All workloads.
    let workloads: [Workload]
    let classes: [ClassManifest]
    /// All classes, including those of other providers.
    let allClasses: [Manifest]
    let accounts: AnnotatedAccounts

    private var manifest: Manifest { workload.manifest }

    func findings() -> [Finding] {
        let volumes = workload.volumes
        var findings = drivers()
        for volume in volumes {
            findings += shape(of: volume)
            guard !volume.className.isEmpty else { continue }
            findings += attributes(of: volume)
            findings += classRule(for: volume)
        }
        return findings + subPaths(volumes)
            + SecretUseCheck(workload: workload, workloads: workloads, classes: classes).findings()
    }

    private func drivers() -> [Finding] {
        workload.template.csiVolumes.compactMap { _, csi in
            let name = csi["driver"]?.text ?? ""
            let isMeant = csi["volumeAttributes"]?["secretProviderClass"] != nil
            guard name != Workload.driver, isMeant || SpellingSuggestion.distance(name, Workload.driver) <= 5 else {
                return nil
            }
            return manifest.finding(
                .driverName, at: csi["driver"] ?? csi, "no driver is called \"\(name.clipped)\"",
                fix: "write driver: \(Workload.driver)")
        }
    }

    private func shape(of volume: Workload.Volume) -> [Finding] {
        var findings: [Finding] = []
        if volume.csi["readOnly"]?.text?.lowercased() != "true" {
            findings.append(
                manifest.finding(
                    .volumeNotReadOnly, at: volume.csi["readOnly"] ?? volume.csi,
                    "the driver mounts volume \(volume.name.clipped) only if it is read-only",
                    fix: "write readOnly: true"))
        }
        if volume.className.isEmpty {
            let keys = (volume.csi["volumeAttributes"]?.mapping ?? []).compactMap(\.key.scalar?.text)
            let near = keys.first { SpellingSuggestion.distance($0.lowercased(), "secretproviderclass") <= 3 }
            findings.append(
                manifest.finding(
                    .volumeAttribute, at: near.flatMap { volume.csi["volumeAttributes"]?.key($0) } ?? volume.csi,
                    "volume \(volume.name.clipped) names no SecretProviderClass"
                        + (near.map { ": \($0.clipped) is not read" } ?? ""),
                    fix: "write volumeAttributes: {secretProviderClass: <name>}"))
        }
        return findings
    }

    private func attributes(of volume: Workload.Volume) -> [Finding] {
        var findings: [Finding] = []
        for (key, value) in volume.overrides where value.tag != "!!str" {
            findings.append(
                manifest.finding(
                    .parameterNotText, at: value,
                    "the API server refuses it: a volume attribute is a text",
                    fix: "put it in quotes: \(key.scalar?.text ?? ""): \"\(value.scalar?.text.clipped ?? "")\""))
        }
        guard !volume.overrides.isEmpty else { return findings }
        let names = volume.overrides.compactMap(\.key.scalar?.text)
        findings.append(
            manifest.finding(
                .parameterOverridden, at: volume.overrides.first?.key,
                "volumeAttributes win over the class: \(names.joined(separator: ", ").clipped)",
                fix: "set them in the class, or limit what pods may ask for with akv-csi serve --policy"))
        if let parsedClass = parsedClass(of: volume), case .success = parsedClass.validated(),
            case .failure(let error) = parsedClass.validated(
                overrides: Dictionary(
                    volume.overrides.compactMap { key, value in
                        key.scalar.flatMap { name in value.text.map { (name.text, $0) } }
                    }, uniquingKeysWith: { $1 }))
        {
            for part in error.parts.isEmpty ? [error] : error.parts {
                findings.append(
                    manifest.finding(
                        part.code.rawValue, .error, at: volume.overrides.first?.key.start ?? manifest.root.start,
                        "with the volume's attributes: \(part.sentence)", fix: part.hint))
            }
        }
        return findings
    }

    private func parsedClass(of volume: Workload.Volume) -> ClassManifest? {
        workload.mountedClass(volume.className, among: classes)
    }

    private func classRule(for volume: Workload.Volume) -> [Finding] {
        let node = volume.csi["volumeAttributes"]?["secretProviderClass"]
        guard let parsedClass = parsedClass(of: volume) else {
            let near = allClasses.filter { $0.mayShareNamespace(with: manifest) }.map(\.name)
            // If the files do not have any class, the classes are probably in other files.
            guard !allClasses.isEmpty, !near.contains(volume.className) else { return [] }
            let elsewhere = allClasses.first { $0.name == volume.className }
            return [
                manifest.finding(
                    .classMissing, at: node,
                    "these files do not contain a SecretProviderClass \(volume.className.clipped) in namespace \(workload.namespace)",
                    fix: elsewhere.map {
                        "a pod can only use classes of its own namespace; \($0.namespace ?? "default")/\($0.name) is in another"
                    }
                        ?? SpellingSuggestion.of(volume.className, among: near.sorted()).map { "did you mean \($0)?" }
                        ?? "add the class, or check it together with this file")
            ]
        }
        let reference = volume.csi["nodePublishSecretRef"]
        let bringsCredential = reference?["name"]?.text != nil
        let account = ServiceAccountReference(
            namespace: workload.namespace, name: workload.template.serviceAccount)
        let attributes: MountConfiguration
        switch parsedClass.validated(serviceAccount: account.name, bringsCredential: bringsCredential) {
        case .success(let valid): attributes = valid
        case .failure(let error):
            if let finding = unreadAnnotations(parsedClass, account, volume, bringsCredential) { return [finding] }
            return (error.parts.isEmpty ? [error] : error.parts).filter(\.isAboutAnnotation).map { part in
                manifest.finding(part.code.rawValue, .error, at: volume.csi.start, part.sentence, fix: part.hint)
            }
        }
        if let finding = ownSecret(of: parsedClass, reference) { return [finding] }
        let needs = attributes.identity.mode == .servicePrincipal
        if needs, !bringsCredential {
            let annotated = accounts[account]?.clientID
            return [
                manifest.finding(
                    .nodePublishSecret, at: volume.csi,
                    "class \(volume.className.clipped) has no clientID, so the volume must bring a credential"
                        + (annotated == nil
                            ? "" : "; the annotation of ServiceAccount \(account.name.clipped) is not read"),
                    fix: annotated.map {
                        "set clientID: \($0.clipped) in the class, or serve with --\(AnnotatedAccounts.flag)"
                            + " (and check with it)"
                    }
                        ?? "set clientID in the class (workload identity), or nodePublishSecretRef: {name: <Secret>} here"
                )
            ]
        }
        if !needs, let reference {
            return [
                manifest.finding(
                    .nodePublishSecret, at: reference,
                    "class \(volume.className.clipped) uses \(attributes.identity.mode.rawValue), so the credential is not used",
                    fix: "remove nodePublishSecretRef and delete the Secret, if nothing else uses it")
            ]
        }
        return []
    }

    /// Finds a class without client and tenant whose account has annotations for both. It is complete if the provider
    /// reads annotations.
    private func unreadAnnotations(
        _ parsedClass: ClassManifest, _ account: ServiceAccountReference, _ volume: Workload.Volume,
        _ bringsCredential: Bool
    ) -> Finding? {
        guard !accounts.usesAnnotations, !bringsCredential, parsedClass.text("clientID").isEmpty,
            parsedClass.tenantID.isEmpty, let annotated = accounts[account], let client = annotated.clientID
        else { return nil }
        let tenant = annotated.tenantID ?? "<tenant of the vault>"
        return manifest.finding(
            .nodePublishSecret, at: volume.csi,
            "class \(volume.className.clipped) has neither clientID nor tenantID; the annotations of ServiceAccount "
                + "\(account.name.clipped) are not read",
            fix: "set clientID: \(client.clipped) and tenantID: \(tenant.clipped) in the class, or serve with "
                + "--\(AnnotatedAccounts.flag) (and check with it)"
                + (annotated.tenantID == nil ? " and annotate \(AnnotatedIdentity.tenantIDAnnotation) too" : ""))
    }

    /// Finds the class's own Secret in nodePublishSecretRef. It exists only after a mount, and the mount needs it.
    private func ownSecret(of parsedClass: ClassManifest, _ reference: YAMLNode?) -> Finding? {
        guard let name = reference?["name"]?.text, parsedClass.secretObjects.contains(where: { $0.name == name }) else {
            return nil
        }
        return manifest.finding(
            .nodePublishSecretOwn, at: reference?["name"],
            "the driver writes the Secret \(name.clipped) only after it has mounted the class, so it does not exist before the first mount",
            fix: "name a Secret that you create yourself, or set clientID in the class and remove nodePublishSecretRef")
    }

    private func subPaths(_ volumes: [Workload.Volume]) -> [Finding] {
        workload.template.containers.flatMap { container in
            (container["volumeMounts"]?.sequence ?? []).compactMap { mount -> Finding? in
                guard let name = mount["name"]?.text, let volume = volumes.first(where: { $0.name == name }),
                    let key = mount.key("subPath") ?? mount.key("subPathExpr")
                else { return nil }
                return missing(mount["subPath"], of: volume)
                    ?? manifest.finding(
                        .subPath, at: key,
                        "the container keeps the file it started with: a subPath mount never sees a rotation",
                        fix: "mount the whole volume and let the program read the file below its mountPath")
            }
        }
    }

    private func missing(_ node: YAMLNode?, of volume: Workload.Volume) -> Finding? {
        guard let path = node?.text, let parsedClass = parsedClass(of: volume), volume.overrides.isEmpty,
            let files = ServerRules(parsedClass).expectedFiles, !files.mayHold(path), !files.mayHold(directory: path),
            !parsedClass.makesFilesOfItsOwn
        else { return nil }
        let near = SpellingSuggestion.of(path, among: files.paths)
        return manifest.finding(
            .subPathMissing, at: node,
            "the volume holds no file \(path.clipped), so the container does not start",
            fix: files.path(ofObject: path).map {
                "subPath is the file's path, not the vault's name: write subPath: \($0)"
            }
                ?? near.map { "did you mean \($0)?" } ?? "list the object in class \(volume.className.clipped)")
    }
}
