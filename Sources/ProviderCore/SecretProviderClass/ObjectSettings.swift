extension KeyVaultObject {
    /// Reads the settings that extend upstream's flat fields. Each line has a setting's key, its type and the property
    /// that stores it; an absent setting keeps its default.
    mutating func read(_ settings: SettingsMapping, inheriting inherited: FallbackVault?) {
        source.vaultName = settings.vaultName("vault", or: "keyvaultName")
        source.tenantID = settings.tenant("tenantID")
        source.clientID = settings.text("clientID")
        // A class's fallback vault applies only to the class's own vault.
        source.fallback = FallbackVault(
            parsing: settings, inheriting: source.vaultName == nil ? inherited : nil)
        missing = MissingObject(parsing: settings)
        validity.minimumRemaining = settings.duration("minRemaining")
        validity.respectsNotBefore = settings.boolean("respectNotBefore") ?? false
        form.trim = settings.choice("trim", ["none": nil, "newline": .newline, "space": .space]) ?? nil
        form.encoding =
            settings.choice("encode", ["none": nil, "base64": .base64, "base64url": .base64URL, "hex": .hex]) ?? nil
        isHidden = settings.boolean("hidden") ?? false
        shaping = ObjectShaping(parsing: settings, of: self)
        outputs = CertificateOutputs(parsing: settings, of: self)
    }
}

extension MissingObject {
    /// Reads `required`, `onMissing` and `default`. The latter two imply that the object is optional.
    init(parsing settings: SettingsMapping) {
        let isRequired = settings.boolean("required")
        let text = settings.verbatim("default")
        enum Choice { case fail, skip, empty, text }
        let choice = settings.choice(
            "onMissing", ["fail": Choice.fail, "skip": .skip, "empty": .empty, "default": .text])
        self = .fail
        if isRequired == true || choice == .fail {
            settings.refuse(
                any: choice == .fail ? ["default"] : ["onMissing", "default"], "has no effect for a required object",
                hint: "leave out either that or required: true")
            if choice == .fail, isRequired == false {
                settings.refuse("onMissing", "fail contradicts required: false")
            }
            return
        }
        switch (choice, text) {
        case (.text, nil): settings.refuse("onMissing", "default needs the key default with the text")
        case (.skip, .some), (.empty, .some):
            settings.refuse("default", "is never used with this onMissing")
        case (_, .some(let text)): self = .text(text)
        case (.empty, nil): self = .empty
        case (.skip, nil): self = .skip
        case (nil, nil), (.fail, nil): self = isRequired == false ? .skip : .fail
        }
    }
}

extension SettingsMapping {
    /// Returns the vault name under one of the two keys, and reports a mistake if both are set.
    fileprivate func vaultName(_ key: String, or other: String) -> String? {
        let names = (vaultName(key), vaultName(other))
        if names.0 != nil, names.1 != nil { refuse(other, "means the same as \(key); set only one of them") }
        return names.0 ?? names.1
    }
}
