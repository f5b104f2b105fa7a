internal import SecretMemory

extension IdentityMode {
    /// Returns the mode that the parameters of a class request. Throws if they request several modes, or if a flag is
    /// not a boolean.
    package static func requested(by parameters: StringMap) throws(ProviderError) -> IdentityMode {
        var chosen: [String] = []
        var errors: [ProviderError] = []
        for name in ["usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"] {
            do throws(ProviderError) {
                if try boolean(name, parameters) { chosen.append(name) }
            } catch {
                errors.append(error)
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        if chosen.count > 1 {
            throw ProviderError(
                .identityModeConflict,
                "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or useAzureTokenProxy"
            ).about(parameter: chosen[1])
        }
        switch chosen.first {
        case "usePodIdentity": return .podIdentity
        case "useVMManagedIdentity": return .vmManagedIdentity
        case "useAzureTokenProxy": return .azureTokenProxy
        default: return parameters["clientID"].isEmpty ? .servicePrincipal : .workloadIdentity
        }
    }

    /// Parses a flag like Go's strconv.ParseBool; an empty text means false.
    private static func boolean(_ name: String, _ parameters: StringMap) throws(ProviderError) -> Bool {
        let text = parameters[name]
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "", "0", "f", "F", "FALSE", "false", "False": return false
        default:
            throw ProviderError(
                .parameterInvalid,
                "failed to parse \(name) flag, error: strconv.ParseBool: parsing \"\(text.clipped)\": invalid syntax",
                cause: "\(name) is \"\(text.clipped)\", which is neither true nor false",
                hint: "set \(name) to \"true\" or \"false\" in the SecretProviderClass"
            ).about(parameter: name)
        }
    }
}
