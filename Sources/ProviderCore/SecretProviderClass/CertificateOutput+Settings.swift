internal import KeyMaterial
internal import SecretMemory

extension CertificateOutput {
    /// Reads one element of `outputs`. Returns nil if part or name is missing, after reporting the mistake.
    init?(parsing settings: SettingsMapping, of object: KeyVaultObject) {
        let part = settings.choice(
            "part",
            [
                "key": CertificatePart.key, "leaf": .leaf, "chain": .chain, "fullchain": .fullchain, "ca": .ca,
                "combined": .combined, "pkcs12": .pkcs12, "jks": .jks, "truststore": .truststore,
            ])
        if !settings.has("part") {
            settings.refuse(
                "part", "is missing", hint: "set part to what the file is to hold, such as fullchain or key")
        }
        let fileName = Self.fileName(settings, of: object)
        encoding = settings.choice("encoding", ["pem": .pem, "der": .der]) ?? .pem
        keyFormat = settings.choice("keyFormat", ["pkcs8": .pkcs8, "pkcs1": .pkcs1, "sec1": .sec1]) ?? .pkcs8
        keyComesLast = settings.choice("keyOrder", ["first": false, "last": true]) ?? false
        profile = settings.choice("profile", ["modern": .modern, "legacy": .legacy]) ?? .modern
        storeFormat = settings.choice("format", ["pkcs12": .pkcs12, "jks": .jks]) ?? .pkcs12
        alias = settings.text("alias") ?? ""
        passwordFrom = settings.text("passwordFrom")
        if let text = settings.text("filePermission") {
            permission = FilePermission(octal: text)
            if permission == nil {
                settings.refuse("filePermission", "\(text.clipped) should be octal between 0000 and 0777")
            }
        }
        guard let part, let fileName else { return nil }
        (self.part, self.fileName) = (part, fileName)
        refuseContradictions(settings, object)
    }

    private static func fileName(_ settings: SettingsMapping, of object: KeyVaultObject) -> String? {
        guard settings.has("fileName") else {
            settings.refuse("fileName", "is missing", hint: "set fileName to the file's path in the volume")
            return nil
        }
        guard object.selector != nil else { return settings.path("fileName") }
        guard let text = settings.text("fileName") else { return nil }
        if FileNameTemplate(text) != nil { return text }
        settings.refuse(
            "fileName", "\(text.clipped) is one name for all the objects that select picks",
            hint: "write fileName with {{name}}, the object's name, or {{stem}}, what follows the prefix")
        return nil
    }

    /// Reports settings that do not apply to the part, because they would be ignored silently.
    private func refuseContradictions(_ settings: SettingsMapping, _ object: KeyVaultObject) {
        let name = "part \(part.rawValue)"
        if encoding == .der, !part.isSingle, !part.isKeystore {
            settings.refuse(
                "encoding", "der holds only one certificate or key, and \(name) is several", hint: "use encoding: pem")
        }
        if part.isKeystore {
            settings.refuse(any: ["encoding"], "has no effect for \(name), which has its own format")
            if passwordFrom == nil {
                settings.refuse(
                    "passwordFrom", "is missing for \(name)",
                    hint: "name another object of the class whose value is the password; hidden: true keeps that "
                        + "object out of the volume")
            }
        } else {
            settings.refuse(any: ["alias", "passwordFrom"], "is only for pkcs12, jks and truststore, not for \(name)")
        }
        if ![.key, .combined].contains(part) {
            settings.refuse(any: ["keyFormat"], "is only for key and combined, not for \(name)")
        }
        if part != .combined { settings.refuse(any: ["keyOrder"], "is only for combined, not for \(name)") }
        if part != .truststore {
            settings.refuse(any: ["format"], "is only for truststore, not for \(name)")
        }
        let isPKCS12 = part == .pkcs12 || (part == .truststore && storeFormat == .pkcs12)
        if !isPKCS12 { settings.refuse(any: ["profile"], "is only for PKCS#12 files, not for this \(name)") }
        if let passwordFrom,
            ByteKey(passwordFrom) == ByteKey(object.path) || ByteKey(passwordFrom) == ByteKey(object.name)
        {
            settings.refuse("passwordFrom", "names the object itself", hint: "name the object that holds the password")
        }
        if alias.utf16.count > 128 || alias.utf8.contains(where: ASCII.isControl) {
            settings.refuse("alias", "must have at most 128 characters and no control characters")
        }
        guard object.type == .certificate else { return }
        if part.hasKey || [.chain, .fullchain].contains(part) {
            settings.refuse(
                "part", "\(part.rawValue) is not in an object of type cert, which is the certificate alone",
                hint: "set objectType to secret, which has the key and the chain")
        }
    }
}
