internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules for one SecretProviderClass.
struct ClassCheck {
    let manifest: Manifest
    /// The parsed class; nil for a class of another provider.
    let parsedClass: ClassManifest?

    func findings() -> [Finding] {
        guard manifest.kind == "SecretProviderClass" else { return [] }
        var findings = structure() + PlacementCheck(manifest: manifest, parsedClass: parsedClass).findings()
        guard let parsedClass else { return findings }
        findings += parameters(parsedClass)
        let rules = ServerRules(parsedClass)
        findings += ObjectsCheck(parsedClass: parsedClass, rules: rules).findings()
        if case .failure(let error) = parsedClass.validated() { findings += rules.findings(for: error) }
        findings += SecretObjectsCheck(parsedClass: parsedClass, files: rules.expectedFiles).findings()
        let readsTooMuch = findings.contains { $0.rule == CheckRule.objectVersionHistory.rawValue }
        if !readsTooMuch, let plan = parsedClass.plan {
            findings += SizeCheck(parsedClass: parsedClass, plan: plan).findings()
        }
        return findings + deprecated(parsedClass)
    }

    // MARK: - What the API server and the driver want

    private func structure() -> [Finding] {
        var findings: [Finding] = []
        let root = manifest.root
        if manifest.apiVersion != "secrets-store.csi.x-k8s.io/v1" {
            let isOld = manifest.apiVersion == "secrets-store.csi.x-k8s.io/v1alpha1"
            findings.append(
                manifest.finding(
                    isOld ? .apiVersionOutdated : .manifestInvalid, at: root["apiVersion"],
                    isOld
                        ? "newer drivers no longer serve \(manifest.apiVersion)"
                        : "a SecretProviderClass has no apiVersion \"\(manifest.apiVersion.clipped)\"",
                    fix: "write apiVersion: secrets-store.csi.x-k8s.io/v1"))
        }
        if manifest.name.isEmpty {
            findings.append(
                manifest.finding(
                    .manifestInvalid, at: root["metadata"], "the SecretProviderClass has no metadata.name",
                    fix: "give it a name; pods refer to it by volumeAttributes.secretProviderClass"))
        }
        guard let spec = root["spec"], spec.mapping != nil else {
            findings.append(
                manifest.finding(
                    .manifestInvalid, at: nil, "the class has no spec", fix: "add spec.provider and spec.parameters"))
            return findings
        }
        return findings + provider(spec)
    }

    private func provider(_ spec: YAMLNode) -> [Finding] {
        guard let name = spec["provider"]?.text else {
            return [
                manifest.finding(
                    .manifestInvalid, at: spec, "the class has no spec.provider",
                    fix:
                        "write provider: azure; if the file is a patch, check the result: kustomize build . | akv-csi check -"
                )
            ]
        }
        guard name != "azure", SpellingSuggestion.distance(name.lowercased(), "azure") <= 2 else { return [] }
        return [
            manifest.finding(
                .providerName, at: spec["provider"],
                "the driver looks for a socket \(name.clipped).sock, this provider's is azure.sock",
                fix: "write provider: azure")
        ]
    }

    // MARK: - Parameters

    private func parameters(_ parsedClass: ClassManifest) -> [Finding] {
        var findings: [Finding] = []
        for (name, member) in parsedClass.parameters.sorted(by: { $0.value.key.start < $1.value.key.start }) {
            if !ParameterNames.known.contains(name), PlacementCheck.place(of: name, notUnder: .parameters) == nil {
                findings.append(
                    manifest.finding(
                        .parameterUnknown, at: member.key, "the provider ignores the parameter \(name.clipped)",
                        fix: Self.suggestion(for: name)))
            }
            if member.value.tag != "!!str" {
                findings.append(
                    manifest.finding(
                        .parameterNotText, at: member.value,
                        "the API server refuses it: every parameter is a text, \(name.clipped) is written as \(Self.kind(member.value))",
                        fix: member.value.scalar == nil
                            ? "write \(name): | and the lines below it, further right"
                            : "put it in quotes: \(name): \"\(member.value.scalar?.text.clipped ?? "")\""))
            }
        }
        for name in ["clientID", "userAssignedIdentityID", "tenantID", "tenantId"] {
            let text = parsedClass.text(name)
            guard !text.isEmpty, !Self.isIdentifier(text, isTenant: name.lowercased() == "tenantid") else { continue }
            findings.append(
                manifest.finding(
                    .parameterPlaceholder, at: parsedClass.parameters[name]?.value,
                    "\(name) \"\(text.clipped)\" is not an id of the form 00000000-0000-0000-0000-000000000000",
                    fix: name.lowercased() == "tenantid"
                        ? "az account show --query tenantId --output tsv"
                        : "az identity show --name '<identity>' --resource-group '<group>' --query clientId --output tsv"
                ))
        }
        return findings + withoutEffect(parsedClass)
    }

    /// Finds identities that the class names for another mode than the one that it selects.
    private func withoutEffect(_ parsedClass: ClassManifest) -> [Finding] {
        let assigned = parsedClass.text("userAssignedIdentityID")
        guard let mode = parsedClass.identityMode else { return [] }
        if mode != .vmManagedIdentity, !assigned.isEmpty {
            return [
                manifest.finding(
                    .parameterWithoutEffect, at: parsedClass.parameters["userAssignedIdentityID"]?.value,
                    "userAssignedIdentityID has no effect without useVMManagedIdentity: \"true\"",
                    fix: mode == .servicePrincipal
                        ? "write useVMManagedIdentity: \"true\"" : "remove userAssignedIdentityID")
            ]
        }
        if mode == .vmManagedIdentity, assigned.isEmpty, !parsedClass.text("clientID").isEmpty {
            return [
                manifest.finding(
                    .parameterWithoutEffect, at: parsedClass.parameters["clientID"]?.value,
                    "clientID has no effect with useVMManagedIdentity: \"true\"; the node's system-assigned identity is used",
                    fix: "write userAssignedIdentityID instead of clientID, or remove useVMManagedIdentity")
            ]
        }
        return []
    }

    static func kind(_ node: YAMLNode) -> String {
        switch node.tag {
        case "!!bool": "a switch"
        case "!!int", "!!float": "a number"
        case "!!null": "nothing"
        case "!!map": "a mapping"
        case "!!seq": "a list"
        default: node.tag
        }
    }

    /// Whether the text is a GUID, or for a tenant also a domain.
    private static func isIdentifier(_ text: String, isTenant: Bool) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        if groups.map(\.count) == [8, 4, 4, 4, 12], groups.joined().allSatisfy(\.isHexDigit) { return true }
        guard isTenant else { return false }
        // The provider itself refuses an invalid tenant.
        return text.contains(".") || text.lowercased() == "adfs" || text.contains { "<>{}$ /".contains($0) }
    }

    /// Returns the suggestion for a parameter that the provider ignores.
    private static func suggestion(for name: String) -> String {
        let known = ParameterNames.known
        if let meant = ParameterNames.meant(by: name) {
            return meant.lowercased() == name.lowercased()
                ? "write \(meant): letter case counts" : "did you mean \(meant)?"
        }
        // The name can be part of a parameter, such as tenant or vaultName.
        if name.count >= 5, let whole = known.first(where: { $0.lowercased().contains(name.lowercased()) }) {
            return "did you mean \(whole)?"
        }
        return "remove it; known are \(known.joined(separator: ", "))"
    }

    static func suggestion(for name: String, among known: [String]) -> String {
        let lowercased = name.lowercased()
        if let same = known.first(where: { $0.lowercased() == lowercased }) {
            return "write \(same): letter case counts"
        }
        guard let nearest = SpellingSuggestion.of(name, among: known),
            SpellingSuggestion.distance(lowercased, nearest.lowercased()) <= max(2, name.count / 3)
                || nearest.lowercased().contains(lowercased)
        else { return "remove it; known are \(known.joined(separator: ", "))" }
        return "did you mean \(nearest)?"
    }

    // MARK: - Ways that end

    private func deprecated(_ parsedClass: ClassManifest) -> [Finding] {
        guard case .success(let attributes) = parsedClass.validated() else { return [] }
        let move = "move to workload identity: akv-csi migrate \(manifest.path)"
        switch attributes.identity.mode {
        case .podIdentity:
            return [
                manifest.finding(
                    .modeDeprecated, at: parsedClass.parameters["usePodIdentity"]?.value,
                    "aad-pod-identity is archived and no longer maintained", fix: move)
            ]
        case .servicePrincipal where parsedClass.text("userAssignedIdentityID").isEmpty:
            return [
                manifest.finding(
                    .modeDeprecated, at: manifest.root["spec"]?.key("parameters"),
                    "without clientID the class needs a credential kept in a Kubernetes Secret",
                    fix: "\(move); or annotate the ServiceAccount and serve with --\(AnnotatedAccounts.flag)")
            ]
        default: return []
        }
    }
}
