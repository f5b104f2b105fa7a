extension ProviderError {
    /// An error about `object`: in the message, `reason` follows upstream's words for the object; in the cause, which is
    /// `reason` unless `cause` says otherwise, it follows the object's type and name. `vault` is the vault's name.
    package init(
        _ code: ErrorCode, of object: KeyVaultObject, in vault: String = "", _ reason: String, cause: String? = nil,
        hint: String? = nil, context: [(name: String, value: String)] = []
    ) {
        self.init(code, object.failurePrefix + reason, cause: cause ?? reason, hint: hint, context: context)
        subject = object.errorSubject(in: vault)
    }

    /// The same error, as that of `object`.
    package func failing(_ object: KeyVaultObject, in vault: String) -> ProviderError {
        var copy = prefixed(object.failurePrefix)
        copy.subject = object.errorSubject(in: vault)
        return copy
    }
}

extension KeyVaultObject {
    /// The object as errors name it; `vault` is the vault's name.
    func errorSubject(in vault: String = "") -> ErrorSubject {
        if let selector { return ErrorSubject("selector", names: [selector.description], vault: vault) }
        return ErrorSubject(type.noun, names: [name], version: version, vault: vault)
    }
}

extension KeyVaultObject.ObjectType {
    /// What an object of this type is called, in sentences and in Azure's command line.
    package var noun: String { self == .certificate ? "certificate" : rawValue }
}
