internal import Documents

extension AccessPolicy {
    /// What a rule can limit. The raw values are the keys in the file: the parameter's name in a
    /// SecretProviderClass, in the plural.
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
    /// How errors name it.
    var parameter: String {
        switch self {
        case .identityModes: "identity mode"
        default: String(rawValue.dropLast())
        }
    }

    /// The values there are, where not just any text will do.
    var vocabulary: [String]? {
        switch self {
        case .identityModes: IdentityMode.allCases.map(\.policyName)
        case .cloudNames: AzureCloud.names
        case .objectTypes: KeyVaultObject.ObjectType.allCases.map(\.rawValue)
        case .keyvaultNames, .tenantIDs, .clientIDs, .cloudEnvFileNames, .objectNames: nil
        }
    }

    /// Whether `*` and `?` are wild cards in it. In a path they would let `..` through.
    var takesWildCards: Bool { vocabulary == nil && self != .cloudEnvFileNames }

    /// Whether Azure takes names that differ in letter case for the same.
    var ignoresCase: Bool { takesWildCards }

    /// What a mount asks for. An empty text stands for what is left to others to choose, such as the
    /// client of the node's system-assigned identity.
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
        // Without a file of its own a class has the operator's, which needs no permission.
        case .cloudEnvFileNames: attributes.cloudFile.map { [$0] } ?? []
        case .objectTypes: attributes.objects.map(\.type.rawValue).unique()
        // What selectors pick is asked about when it is known, before any of it is read.
        case .objectNames: attributes.objects.filter { $0.selector == nil }.map(\.name).unique()
        }
    }

    /// A vault may also be named by its whole host, which tells those of one name in two clouds apart. While the
    /// suffix is not known, a host matches if the vault's would with some suffix.
    func matches(_ permitted: Glob, _ asked: String, vaultSuffix: String?) -> Bool {
        if !takesWildCards { return permitted.text.utf8.elementsEqual(asked.utf8) }
        guard self == .keyvaultNames, permitted.text.contains(".") else { return permitted.matches(asked) }
        guard let vaultSuffix else { return permitted.matches(start: "\(asked).") }
        return permitted.matches(VaultAddress(name: asked, suffix: vaultSuffix).host)
    }
}

extension IdentityMode {
    /// As policies write it, after the parameter that switches it on.
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
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
