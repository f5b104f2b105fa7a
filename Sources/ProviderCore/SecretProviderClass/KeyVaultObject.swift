/// A validated entry of a SecretProviderClass's `objects`, with upstream's flat fields and the settings that extend
/// them.
///
/// The settings that decide what is fetched are part of the cache keys. All other settings are applied after the cache,
/// so that objects that differ only in them share one request.
package struct KeyVaultObject: Sendable, Hashable {
    /// The type of the object in the vault. The raw values are those of `objectType`.
    package enum ObjectType: String, Sendable, CaseIterable {
        case secret
        case key
        case certificate = "cert"
    }

    /// The format of the file, from `objectFormat`.
    package enum Format: Sendable {
        case pem
        case pfx
    }

    /// The encoding that a secret's value is decoded from.
    package enum Encoding: Sendable {
        case utf8
        case base64
        case base64URL
        case hex
    }

    /// The object's name in the vault; empty if the entry has a selector.
    package var name: String
    package var type: ObjectType
    /// The path in the volume; if it is empty, the name is used.
    package var alias = ""
    /// The version to fetch: a version ID, `previous` or `latest-enabled`; empty for the latest one.
    package var version = ""
    /// The number of versions to mount, newest first. Up to 1, only one version is mounted, without a number in its
    /// path.
    package var versionHistory = 0
    package var format = Format.pem
    package var encoding = Encoding.utf8
    /// The file permission; the request's default if it is nil.
    package var permission: FilePermission?

    /// The selector that stands for several objects instead of a name.
    @Boxed package var selector: ObjectSelector? = nil
    /// The description of the selector that selected this object.
    @Boxed package var pickedBy: String? = nil
    /// The vault and identity that the object is read with.
    package var source: ObjectSource {
        get { ownSource ?? ObjectSource() }
        set { ownSource = newValue == ObjectSource() ? nil : newValue }
    }
    @Boxed private var ownSource: ObjectSource? = nil
    /// The content of the file if the vault does not have the object.
    package var missing = MissingObject.fail
    /// The rules about the object's validity period.
    package var validity = ValidityRules()
    /// The trimming and encoding of the object's files.
    package var form = FileForm()
    /// Whether the object is fetched only for other files, such as templates, and does not get its own file.
    package var isHidden = false
    /// The transformation of the content, if the files do not hold the whole value.
    @Boxed package var shaping: ObjectShaping? = nil
    /// The parts of a certificate or key that become files, instead of the one file that upstream writes.
    @Boxed package var outputs: CertificateOutputs? = nil
    /// A digest of all settings that change the files' bytes; nil if the files hold the vault's content unchanged.
    @Boxed package var shape: String? = nil

    package init(name: String, type: ObjectType) {
        self.name = name
        self.type = type
    }

    /// The file's path in the volume, without the number of a version or a suffix.
    package var path: String { alias.isEmpty ? name : alias }

    /// The name of the setting that provides `path`.
    var pathSetting: String { alias.isEmpty ? "objectName" : "objectAlias" }

    /// The paths of all files that are known before anything is fetched.
    package var declaredPaths: [String] {
        if isHidden || selector != nil { return [] }
        let paths = outputs?.fileNames ?? shaping?.fileNames ?? [path]
        return wantsHistory ? paths.map { "\($0)/0" } : paths
    }

    /// Whether several versions are mounted.
    package var wantsHistory: Bool { versionHistory > 1 }

    /// The words that `objectVersion` accepts in addition to a version ID.
    package static let versionWords = ["previous", "latest-enabled"]

    /// Whether the provider needs the list of the object's versions to know which ones to read.
    package var needsVersions: Bool { wantsHistory || Self.versionWords.contains(version) }

    /// The prefix of upstream's error messages about an object.
    package var failurePrefix: String {
        if let selector {
            return "failed to select objects of objectType:\(type.rawValue) by \(selector.description): "
        }
        return Self.failurePrefix(type: type.rawValue, name: name, version: version)
    }

    static func failurePrefix(type: String, name: String, version: String) -> String {
        "failed to get objectType:\(type), objectName:\(name), objectVersion:\(version): "
    }
}

/// The vault and identity that an object is read with. Each field is nil if the object does not set it.
package struct ObjectSource: Sendable, Hashable {
    /// The name of the vault; if it is nil, the class's `keyvaultName` applies.
    package var vaultName: String?
    /// The tenant; if it is nil, the class's `tenantID` applies.
    package var tenantID: String?
    /// The client ID; if it is nil, the class's `clientID` applies.
    package var clientID: String?
    /// The fallback vault of the object's vault.
    package var fallback: FallbackVault?

    package init() {}
}

extension ObjectSource {
    /// Returns the reason why an object in a class of this mode cannot name its own client or tenant; nil if it can, or
    /// if it names none.
    func problem(in mode: IdentityMode, of object: KeyVaultObject) -> ProviderError? {
        let setting: String
        switch mode {
        case .workloadIdentity, .azureTokenProxy: return nil
        case .servicePrincipal:
            guard clientID != nil else { return nil }
            setting = "clientID"
        case .podIdentity, .vmManagedIdentity:
            guard clientID != nil || tenantID != nil else { return nil }
            setting = clientID == nil ? "tenantID" : "clientID"
        }
        return ProviderError(
            .objectInvalid, of: object,
            "an object's own \(setting) needs workload identity or identity binding; "
                + "the class's identity mode is \(mode.rawValue), because \(mode.reason)",
            hint: "set clientID in the class for workload identity, or leave \(setting) out of the object"
        ).about(parameter: "objects")
    }
}

/// The content of the file for an object that the vault does not have, or that is disabled.
package enum MissingObject: Sendable, Hashable {
    /// The whole mount fails.
    case fail
    case skip
    case empty
    case text(String)
}

/// The last steps from a content to a file's bytes: trimming, then encoding.
package struct FileForm: Sendable, Hashable {
    /// The white space that is removed.
    package enum Trim: Sendable {
        /// Removes line breaks at the end.
        case newline
        /// Removes white space at both ends.
        case space
    }

    /// The encoding of the file's bytes.
    package enum Encoding: Sendable {
        case base64
        case base64URL
        case hex
    }

    package var trim: Trim?
    package var encoding: Encoding?

    package init() {}
}
