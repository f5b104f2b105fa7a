/// One entry of a SecretProviderClass's `objects`, validated: upstream's flat fields, and the settings that
/// go beyond them.
///
/// Those that decide what is fetched are part of the caches' keys. All others shape what came, after the
/// caches, so that objects that differ in them alone share one read.
package struct KeyVaultObject: Sendable, Hashable {
    package enum ObjectType: String, Sendable, CaseIterable {
        case secret
        case key
        case certificate = "cert"
    }

    package enum Format: Sendable {
        case pem
        case pfx
    }

    /// What a secret's value is decoded from.
    package enum Encoding: Sendable {
        case utf8
        case base64
        case base64URL
        case hex
    }

    /// Empty while `selector` stands for it.
    package var name: String
    package var type: ObjectType
    /// The path in the volume; the name when empty.
    package var alias = ""
    /// A version's name, or `previous` or `latest-enabled`; the latest when empty.
    package var version = ""
    /// How many versions to mount, newest first; up to 1 means just one, without a number in its path.
    package var versionHistory = 0
    package var format = Format.pem
    package var encoding = Encoding.utf8
    /// The request's default when nil.
    package var permission: FilePermission?

    /// The objects that this one stands for, instead of a name.
    @Boxed package var selector: ObjectSelector? = nil
    /// What the selector looked for that picked it.
    @Boxed package var pickedBy: String? = nil
    /// Where it is read, and with which identity.
    package var source: ObjectSource {
        get { ownSource ?? ObjectSource() }
        set { ownSource = newValue == ObjectSource() ? nil : newValue }
    }
    @Boxed private var ownSource: ObjectSource? = nil
    /// What a pod gets when the vault does not have it.
    package var missing = MissingObject.fail
    /// Which of its times matter.
    package var validity = ValidityRules()
    /// How its files are written.
    package var form = FileForm()
    /// It is fetched for others, such as templates, and has no file of its own.
    package var isHidden = false
    /// Its files' content, where that is not the whole value.
    @Boxed package var shaping: ObjectShaping? = nil
    /// The parts of a certificate or key that become files, instead of upstream's one.
    @Boxed package var outputs: CertificateOutputs? = nil
    /// Changes with every setting that changes the files' bytes; empty when the files are the vault's content as it is.
    @Boxed package var shape: String? = nil

    package init(name: String, type: ObjectType) {
        self.name = name
        self.type = type
    }

    /// The file's path in the volume, before a history's number or a suffix.
    package var path: String { alias.isEmpty ? name : alias }

    /// The setting that `path` is taken from.
    var pathSetting: String { alias.isEmpty ? "objectName" : "objectAlias" }

    /// The paths of all files that are known of before anything is fetched.
    package var declaredPaths: [String] {
        if isHidden || selector != nil { return [] }
        let paths = outputs?.fileNames ?? shaping?.fileNames ?? [path]
        return wantsHistory ? paths.map { "\($0)/0" } : paths
    }

    package var wantsHistory: Bool { versionHistory > 1 }

    /// What `objectVersion` may say instead of a version's name.
    package static let versionWords = ["previous", "latest-enabled"]

    /// Whether the list of the object's versions decides on what is read.
    package var needsVersions: Bool { wantsHistory || Self.versionWords.contains(version) }

    /// How upstream names an object in its errors.
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

/// Where an object is read, and with which identity, as far as it says so itself.
package struct ObjectSource: Sendable, Hashable {
    /// The class's `keyvaultName` when nil.
    package var vaultName: String?
    /// The class's `tenantID` when nil.
    package var tenantID: String?
    /// The class's `clientID` when nil.
    package var clientID: String?
    /// Stands in for the vault.
    package var fallback: FallbackVault?

    package init() {}
}

extension ObjectSource {
    /// Why an object cannot be read so in a class of this mode; nil if it can.
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

/// What a pod gets for an object that the vault does not have, or has disabled.
package enum MissingObject: Sendable, Hashable {
    /// Nothing of the whole volume: the mount fails.
    case fail
    case skip
    case empty
    case text(String)
}

/// The last steps from a content to a file's bytes.
package struct FileForm: Sendable, Hashable {
    package enum Trim: Sendable {
        /// Line ends at the end.
        case newline
        /// White space at both ends.
        case space
    }

    package enum Encoding: Sendable {
        case base64
        case base64URL
        case hex
    }

    package var trim: Trim?
    package var encoding: Encoding?

    package init() {}
}
