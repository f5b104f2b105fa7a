internal import SecretMemory

extension IdentityMode {
    /// The mode that a class's parameters ask for.
    package static func requested(by parameters: StringMap) throws(ProviderError) -> IdentityMode {
        let pod = try boolean("usePodIdentity", parameters)
        let machine = try boolean("useVMManagedIdentity", parameters)
        let proxy = try boolean("useAzureTokenProxy", parameters)
        guard [pod, machine, proxy].count(where: { $0 }) <= 1 else {
            throw ProviderError(
                .identityModeConflict,
                "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or useAzureTokenProxy"
            )
        }
        if pod { return .podIdentity }
        if machine { return .vmManagedIdentity }
        if proxy { return .azureTokenProxy }
        return parameters["clientID"].isEmpty ? .servicePrincipal : .workloadIdentity
    }

    /// Go's strconv.ParseBool, and blank for false.
    private static func boolean(_ name: String, _ parameters: StringMap) throws(ProviderError) -> Bool {
        let text = parameters[name]
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "", "0", "f", "F", "FALSE", "false", "False": return false
        default:
            throw ProviderError(
                .parameterInvalid,
                "failed to parse \(name) flag, error: strconv.ParseBool: parsing \"\(text.clipped)\": invalid syntax",
                hint: "set \(name) to \"true\" or \"false\" in the SecretProviderClass")
        }
    }
}
