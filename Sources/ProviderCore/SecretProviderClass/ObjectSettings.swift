extension KeyVaultObject {
    /// Reads what goes beyond upstream's flat fields. One line for each setting: its key, its type and
    /// where it goes; what is absent keeps its default.
    mutating func read(_ settings: SettingsMapping, inheriting inherited: FallbackVault?) {
        source.vaultName = settings.vaultName("vault", or: "keyvaultName")
        source.tenantID = settings.tenant("tenantID")
        source.clientID = settings.text("clientID")
        // A class's fallback stands in for the class's own vault.
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
    /// Reads `required`, `onMissing` and `default`. Each of the latter two says that the object is not required.
    init(parsing settings: SettingsMapping) {
        let isRequired = settings.boolean("required")
        let text = settings.verbatim("default")
        enum Choice { case fail, skip, empty, text }
        let choice = settings.choice(
            "onMissing", ["fail": Choice.fail, "skip": .skip, "empty": .empty, "default": .text])
        self = .fail
        if isRequired == true || choice == .fail {
            settings.refuse(
                any: choice == .fail ? ["default"] : ["onMissing", "default"], "means nothing for a required object",
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
    /// A vault's name under either key, of which only one may be there.
    fileprivate func vaultName(_ key: String, or other: String) -> String? {
        let names = (vaultName(key), vaultName(other))
        if names.0 != nil, names.1 != nil { refuse(other, "says the same as \(key), so only one may be there") }
        return names.0 ?? names.1
    }
}
