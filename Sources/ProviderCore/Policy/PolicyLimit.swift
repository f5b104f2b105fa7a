internal import Documents
internal import SecretMemory

extension AccessPolicy {
    /// The properties of a mount that a rule can limit. The raw values are the keys in the policy file: the parameter
    /// of a SecretProviderClass, in the plural.
    package enum Limit: String, Sendable, CaseIterable {
        case keyvaultNames
        case tenantIDs
        case clientIDs
        case identityModes
        case cloudNames
        case cloudEnvFileNames
        case objectTypes
        case objectNames
    }
}

extension AccessPolicy.Limit {
    /// The name of the limit in errors.
    var parameter: String {
        switch self {
        case .identityModes: "identity mode"
        default: String(rawValue.dropLast())
        }
    }

    /// The possible values if the set of values is closed, and nil if any text is possible.
    var vocabulary: [String]? {
        switch self {
        case .identityModes: IdentityMode.allCases.map(\.policyName)
        case .cloudNames: AzureCloud.names
        case .objectTypes: KeyVaultObject.ObjectType.allCases.map(\.rawValue)
        case .keyvaultNames, .tenantIDs, .clientIDs, .cloudEnvFileNames, .objectNames: nil
        }
    }

    /// Whether the values can contain the wild cards `*` and `?`. In a path they would match `..`.
    var takesWildCards: Bool { vocabulary == nil && self != .cloudEnvFileNames }

    /// Whether Azure ignores letter case in these names.
    var ignoresCase: Bool { takesWildCards }

    /// Returns the values that a mount requests. An empty text means that the class does not choose the value, such as
    /// the client of the node's system-assigned identity.
    package func asked(by attributes: ValidatedMount) -> [String] {
        switch self {
        case .keyvaultNames:
            ([attributes.vaultName]
                + attributes.objects.flatMap { [$0.source.vaultName, $0.source.fallback?.name] }
                .compactMap { $0 }).unique()
        case .tenantIDs: ([attributes.tenantID] + attributes.objects.compactMap(\.source.tenantID)).unique()
        case .clientIDs: ([attributes.identity.clientID] + attributes.objects.compactMap(\.source.clientID)).unique()
        case .identityModes: [attributes.identity.mode.policyName]
        case .cloudNames: [attributes.cloudName]
        // A class that does not name a file uses the operator's file, which does not need a permission.
        case .cloudEnvFileNames: attributes.cloudFile.map { [$0] } ?? []
        case .objectTypes: attributes.objects.map(\.type.rawValue).unique()
        // Objects of selectors are checked when their names are known, before any of them is read.
        case .objectNames: attributes.objects.filter { $0.selector == nil }.map(\.name).unique()
        }
    }

    /// Whether a value matches a permitted pattern. A vault can also be permitted by its whole host, which
    /// distinguishes vaults with the same name in two clouds. If the suffix is not known yet, a host matches if some
    /// suffix makes it match.
    func matches(_ permitted: Glob, _ asked: String, vaultSuffix: String?) -> Bool {
        if !takesWildCards { return permitted.text.utf8.elementsEqual(asked.utf8) }
        guard self == .keyvaultNames, permitted.text.contains(".") else { return permitted.matches(asked) }
        guard let vaultSuffix else { return permitted.matches(start: "\(asked).") }
        return permitted.matches(VaultAddress(name: asked, suffix: vaultSuffix).host)
    }
}

extension IdentityMode {
    /// The name of the mode in policies, after the parameter that enables it.
    var policyName: String {
        switch self {
        case .workloadIdentity: "workloadIdentity"
        case .servicePrincipal: "servicePrincipal"
        case .podIdentity: "podIdentity"
        case .vmManagedIdentity: "vmManagedIdentity"
        case .azureTokenProxy: "azureTokenProxy"
        }
    }
}

extension [String] {
    fileprivate func unique() -> [String] {
        // As bytes: a name that only looks like another one needs a permission of its own.
        var seen: Set<ByteKey> = []
        return filter { seen.insert(ByteKey($0)).inserted }
    }
}
