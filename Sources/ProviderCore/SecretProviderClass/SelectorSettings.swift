internal import Documents
internal import SecretMemory

extension ObjectSelector {
    /// The settings `select` and `fileName` of an object, and its type as text.
    struct ParsedSettings {
        var selector: ObjectSelector
        var typeText: String

        /// Reads `select`. Returns nil if it is not set. `fields` are upstream's fields; some of them cannot be
        /// combined with it.
        init?(_ settings: SettingsMapping, _ fields: [String: String]) {
            let fileName = settings.text("fileName")
            guard let select = settings.mapping("select") else {
                settings.refuse(
                    any: ["fileName"], "is only for objects with select", hint: "write objectAlias for the path")
                return nil
            }
            var selector = ObjectSelector()
            typeText = select.text("type") ?? "secret"
            selector.glob = select.text("name")
            if let text = select.text("regex") {
                do throws(NamePatternError) {
                    selector.regex = try NamePattern(text)
                } catch {
                    select.refuse("regex", "\(text.clipped) cannot be used: \(error.reason)")
                }
            }
            selector.prefix = select.text("prefix")
            for (name, value) in select.pairs("tags") ?? [] { selector.tags[name] = value }
            selector.excludesCertificates = select.boolean("excludeCertificates") ?? false
            selector.maximum =
                select.count("max", in: 1...ObjectsDocument.maximumObjects) ?? ObjectSelector.defaultMaximum
            selector.allowsEmpty = select.boolean("allowEmpty") ?? false
            if let text = fileName {
                if let template = FileNameTemplate(text) {
                    selector.fileName = template
                } else {
                    settings.refuse(
                        "fileName", "\(text.clipped) is not a template",
                        hint: "write fileName with {{name}}, the object's name, or {{stem}}, what follows the prefix")
                }
            }
            settings.refuse(any: ["objectName", "objectType", "objectAlias"], "cannot be combined with select")
            let version = fields["objectVersion"] ?? ""
            if !version.isEmpty, !KeyVaultObject.versionWords.contains(version) {
                settings.refuse("objectVersion", "names one object's version, so it cannot be combined with select")
            }
            self.selector = selector
        }
    }
}
