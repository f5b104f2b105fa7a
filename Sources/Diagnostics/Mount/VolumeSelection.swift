internal import Documents
package import DriverSimulator

/// The volumes that `akv-csi mount` mounts as the driver, in the order of the kubelet.
package struct VolumeSelection: Sendable {
    /// One volume to mount.
    package struct Volume: Sendable {
        /// The volume's name in the pod, or the class's name if no pod is given.
        package var name: String
        /// The class, with its parameters overlaid with the volume's own attributes, as in the driver.
        package var manifest: SecretProviderClassManifest
        /// The requests to Azure that the mount causes; nil if the class has mistakes.
        package var forecast: MountForecast?
    }

    package var volumes: [Volume] = []
    /// The service account of the pod, or of the workload's pod template.
    package var serviceAccount: String?
    package var namespace: String?
    private let accounts: AnnotatedAccounts
    /// The service account that replaces the workload's.
    private let givenAccount: String?

    /// Selects the classes called `names`. Without names, it selects those of the first workload that mounts any, or
    /// else the only class. Throws if the choice is not clear.
    package init(
        _ files: [ManifestFile], classes names: [String], serviceAccount givenAccount: String? = nil,
        readsAnnotations: Bool = false
    ) throws(ManifestError) {
        self.givenAccount = givenAccount
        var manifests: [Manifest] = []
        for file in files {
            do throws(YAMLError) {
                manifests += try Manifest.read(file)
            } catch {
                throw ManifestError("\(file.path): \(error.description)")
            }
        }
        accounts = AnnotatedAccounts(manifests, usesAnnotations: readsAnnotations)
        var classes: [(manifest: Manifest, parsed: SecretProviderClassManifest)] = []
        for manifest in manifests where manifest.kind == "SecretProviderClass" {
            classes.append((manifest, try SecretProviderClassManifest(manifest.root)))
        }
        guard !classes.isEmpty else { throw ManifestError("the manifests do not contain a SecretProviderClass") }
        let workloads = manifests.compactMap(Workload.init)
        func find(_ name: String, for user: Workload?) throws(ManifestError) -> (Manifest, SecretProviderClassManifest)
        {
            let named = classes.filter { $0.parsed.name == name }
            let same = named.filter { user == nil || $0.manifest.namespace == user?.manifest.namespace }
            let found =
                same.isEmpty ? named.filter { user?.manifest.mayShareNamespace(with: $0.manifest) ?? true } : same
            guard let first = found.first else {
                throw ManifestError("the manifests do not contain a SecretProviderClass \(name)")
            }
            guard found.count == 1 else {
                throw ManifestError("there are several SecretProviderClasses \(name); give a pod that mounts one")
            }
            return (first.manifest, first.parsed)
        }
        let users = workloads.filter { workload in
            workload.volumes.contains { volume in
                names.isEmpty
                    ? classes.contains { $0.parsed.name == volume.className } : names.contains(volume.className)
            }
        }
        if let user = users.first {
            serviceAccount = user.template.serviceAccount
            namespace = user.manifest.namespace
        }
        if names.isEmpty, let user = users.first {
            for volume in user.volumes {
                let (manifest, parsed) = try find(volume.className, for: user)
                add(volume.name, manifest, parsed, overrides: volume.overrides, users)
            }
            return
        }
        guard names.isEmpty else {
            for name in names {
                let (manifest, parsed) = try find(name, for: nil)
                let volume = users.first?.volumes.first { $0.className == name }
                add(volume?.name ?? name, manifest, parsed, overrides: volume?.overrides ?? [], users)
            }
            return
        }
        guard classes.count == 1 else {
            let all = classes.map(\.parsed.name).joined(separator: ", ")
            throw ManifestError(
                "there are several SecretProviderClasses (\(all)) and no pod that mounts them; choose with --class")
        }
        add(classes[0].parsed.name, classes[0].manifest, classes[0].parsed, overrides: [], users)
    }

    private mutating func add(
        _ name: String, _ manifest: Manifest, _ parsed: SecretProviderClassManifest, overrides: [YAMLNode.Member],
        _ users: [Workload]
    ) {
        var parsed = parsed
        for (key, value) in overrides {
            if let key = key.scalar?.text, let text = value.text { parsed.parameters[key] = text }
        }
        var parsedClass = ClassManifest(manifest)
        if accounts.usesAnnotations { parsedClass?.accounts = accounts }
        let forecast = parsedClass.flatMap { MountForecast($0, workloads: users, serviceAccount: givenAccount) }
        volumes.append(Volume(name: name, manifest: parsed, forecast: forecast))
    }
}
