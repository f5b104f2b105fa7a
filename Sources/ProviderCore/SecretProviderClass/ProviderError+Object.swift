extension ProviderError {
    /// Creates an error about `object`. In the message, `reason` follows upstream's prefix for the object. The cause is
    /// `cause`, or else `reason`, and is shown after the object's type and name. `vault` is the vault's name.
    package init(
        _ code: ErrorCode, of object: KeyVaultObject, in vault: String = "", _ reason: String, cause: String? = nil,
        hint: String? = nil, context: [(name: String, value: String)] = []
    ) {
        self.init(code, object.failurePrefix + reason, cause: cause ?? reason, hint: hint, context: context)
        subject = object.errorSubject(in: vault)
    }

    /// Returns the same error as an error about `object`.
    package func failing(_ object: KeyVaultObject, in vault: String) -> ProviderError {
        var copy = prefixed(object.failurePrefix)
        copy.subject = object.errorSubject(in: vault)
        return copy
    }
}

extension KeyVaultObject {
    /// Returns the subject that errors use for the object. `vault` is the vault's name.
    func errorSubject(in vault: String = "") -> ErrorSubject {
        if let selector { return ErrorSubject("selector", names: [selector.description], vault: vault) }
        return ErrorSubject(type.noun, names: [name], version: version, vault: vault)
    }
}

extension KeyVaultObject.ObjectType {
    /// The word for an object of this type, in sentences and in Azure's command line.
    package var noun: String { self == .certificate ? "certificate" : rawValue }
}
