internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules for the entries of `objects`: keys that the provider ignores, and names and versions that Key Vault cannot
/// have. The provider itself accepts any name, as Azure's provider does, and the vault then refuses it.
struct ObjectsCheck {
    let parsedClass: ClassManifest
    let rules: ServerRules

    private var manifest: Manifest { parsedClass.manifest }

    /// The limits of [Key Vault](https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates).
    private static let longestName = 127
    private static let versionDigits = 32

    func findings() -> [Finding] {
        var findings: [Finding] = []
        var versions = 0
        for item in rules.objects?.items.compactMap(\.self) ?? [] {
            if item.text == nil {
                findings.append(
                    manifest.finding(
                        CheckRule.objectNotText.rawValue, CheckRule.objectNotText.severity, at: item.place,
                        in: item.source, "the object is a mapping, which Azure's own provider does not take",
                        fix: "write \"- |\" and the lines below it, if the class must work with both"))
            }
            findings += warnings(of: item)
            guard let node = item.node else { continue }
            let history = node["objectVersionHistory"]?.scalar?.integer ?? 0
            findings += [name(of: node, item), version(of: node, history, item), format(of: node, item)]
                .compactMap(\.self)
            versions = min(versions, Int(Int32.max)) + min(max(history, 0), Int(Int32.max))
            if history > 0, versions > MountLimits.maximumVersions {
                findings.append(
                    manifest.finding(
                        .objectVersionHistory, at: node["objectVersionHistory"], in: item.source,
                        "the class asks for \(versions) versions, one volume reads \(MountLimits.maximumVersions) at most",
                        fix: "lower objectVersionHistory to the number of versions that the pod uses"))
                versions = 0
            }
        }
        return findings
    }

    // MARK: - Names and versions

    private func name(of node: YAMLNode, _ item: ObjectNodes.Item) -> Finding? {
        guard let value = node["objectName"], let name = value.text?.trimmingSpace(), !name.isEmpty else { return nil }
        guard !Self.isName(name) else { return nil }
        let fix: String
        if let meant = Self.segments(of: name).name {
            fix = "write objectName: \(meant.clipped)"
        } else if name.contains(where: { ";, ".contains($0) }) {
            fix = "write one entry for each object"
        } else if name.unicodeScalars.count > Self.longestName {
            fix = "write the name of the object as the vault shows it, at most \(Self.longestName) characters"
        } else {
            let possible = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
            fix =
                name.unicodeScalars.allSatisfy { $0.isASCII && $0 != "/" }
                ? "write objectName: \(possible), and objectAlias: \(name) for the file's name"
                : "write the object's name as the vault shows it: letters, digits and dashes"
        }
        return manifest.finding(
            .objectName, at: value, in: item.source,
            "Key Vault has no object \"\(name.clipped)\": a name has 1 to \(Self.longestName) of the letters a to z, digits and dashes",
            fix: fix)
    }

    private func version(of node: YAMLNode, _ history: Int, _ item: ObjectNodes.Item) -> Finding? {
        guard let value = node["objectVersion"], let version = value.text?.trimmingSpace(), !version.isEmpty,
            !KeyVaultObject.versionWords.contains(version)
        else { return nil }
        let isLatest = version.lowercased() == "latest"
        guard !(isLatest && history > 1), !Self.isVersion(version) else { return nil }
        let word = KeyVaultObject.versionWords.first { $0 == version.lowercased() }
        let fix: String
        if isLatest {
            fix = "leave objectVersion out: without it the latest version is read"
        } else if let meant = Self.segments(of: version).version ?? word {
            fix = "write objectVersion: \(meant.clipped)"
        } else {
            fix =
                "write a version as the vault shows it, \(Self.versionDigits) hexadecimal digits, or leave objectVersion out for the latest one"
        }
        return manifest.finding(
            .objectVersion, at: value, in: item.source, "Key Vault has no version \"\(version.clipped)\"", fix: fix)
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= longestName && text.hasOnlyASCIILettersAndDigits(or: "-")
    }

    private static func isVersion(_ text: String) -> Bool {
        text.utf8.count == versionDigits && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// Returns the name and version in a URL such as `https://V.vault.azure.net/secrets/NAME/VERSION`, or in a part of
    /// it.
    private static func segments(of text: String) -> (name: String?, version: String?) {
        let parts = text.split(separator: "/").map(String.init)
        let collections = ["secrets", "keys", "certificates"]
        if let index = parts.firstIndex(where: { collections.contains($0.lowercased()) }) {
            let rest = parts[(index + 1)...].filter { isName($0) }
            return (rest.first, rest.count > 1 ? rest[1] : nil)
        }
        // The text is NAME/VERSION.
        guard parts.count == 2, isName(parts[0]), isVersion(parts[1]) else { return (nil, nil) }
        return (parts[0], parts[1])
    }

    private func format(of node: YAMLNode, _ item: ObjectNodes.Item) -> Finding? {
        guard let value = node["objectFormat"], value.text?.trimmingSpace().lowercased() == "pfx",
            node["objectType"]?.text?.trimmingSpace() == "secret", node["outputs"] == nil
        else { return nil }
        return manifest.finding(
            .pfxOfCertificate, at: value, in: item.source,
            "the file is a PFX only if the vault stores the certificate as PFX; of a PEM certificate it is PEM",
            fix:
                "in place of objectFormat write outputs: [{part: pkcs12, fileName: <path>, passwordFrom: <object with the password>}], which makes a PFX of both"
        )
    }

    // MARK: - Keys

    /// Returns the provider's warnings about keys that it does not read. Each item is checked separately, so that a
    /// mistake in one item does not hide the warnings of another.
    private func warnings(of item: ObjectNodes.Item) -> [Finding] {
        guard let node = item.node else { return [] }
        return ObjectsDocument.warnings(of: node).compactMap { warning in
            let words = warning.split(separator: ";", maxSplits: 1)
            let message = String(words[0]).replacing("object at index 0: ", with: "")
            let key = Self.key(in: node, namedBy: message)
            let name = key?.scalar?.text ?? ""
            // The error about the missing key names it already.
            if rules.misspellings(in: node).contains(name) { return nil }
            return manifest.finding(
                .objectKeyUnknown, at: key ?? item.node, in: item.source, message,
                fix: words.count > 1
                    ? words[1].trimmingSpace() : ClassCheck.suggestion(for: name, among: ObjectsDocument.keys))
        }
    }
    /// Returns the first key, at any depth, that a warning names.
    private static func key(in node: YAMLNode, namedBy warning: String) -> YAMLNode? {
        let sign = "unknown key "
        let name = warning.firstRange(of: sign).map { String(warning[$0.upperBound...]) } ?? warning
        let words = name.split { !$0.isLetter && !$0.isNumber && !"-_.".contains($0) }.map(String.init)
        var found: (index: Int, key: YAMLNode)?
        func visit(_ node: YAMLNode) {
            for element in node.sequence ?? [] { visit(element) }
            for (key, value) in node.mapping ?? [] {
                if let name = key.scalar?.text, let index = words.firstIndex(of: name), index < found?.index ?? .max {
                    found = (index, key)
                }
                visit(value)
            }
        }
        visit(node)
        return found?.key
    }
}
