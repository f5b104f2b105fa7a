internal import KeyMaterial

/// The parts of a certificate or key that become files, instead of the one file that upstream writes.
package struct CertificateOutputs: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case parts([CertificateOutput])
        /// The public key of an object of type `key`, under the object's own path.
        case publicKey(PublicKey.Format)
    }

    let kind: Kind
    /// Whether the provider checks that key, leaf and chain match before it writes anything.
    private(set) var isVerified = true
    /// The object's own path.
    private let objectPath: String
    /// With a selector, file names are templates. This is the length of the selector's prefix in the name of each
    /// selected object.
    let prefixLength: Int?

    /// The paths of the files in the volume.
    package var fileNames: [String] {
        switch kind {
        case .parts(let outputs): outputs.map(\.fileName)
        case .publicKey: [objectPath]
        }
    }

    /// The names of the objects whose values are passwords, in the order of the outputs.
    var passwordNames: [String] {
        guard case .parts(let outputs) = kind else { return [] }
        return outputs.compactMap(\.passwordFrom)
    }

    /// The number of files that are key stores.
    var keystoreCount: Int {
        guard case .parts(let outputs) = kind else { return 0 }
        return outputs.count { $0.part.isKeystore }
    }

    /// Reads `outputs`, `verify` and `publicKeyFormat`. Returns nil if none of them is set. The other settings of
    /// `object` have been read already.
    init?(parsing settings: SettingsMapping, of object: KeyVaultObject) {
        objectPath = object.path
        prefixLength = object.selector.map { $0.prefix?.count ?? 0 }
        let outputs = settings.mappings("outputs")
        let isVerified = settings.boolean("verify")
        let format = settings.choice(
            "publicKeyFormat", ["pem": PublicKey.Format.pem, "der": .der, "jwk": .jwk, "openssh": .openssh])
        if object.type != .key {
            settings.refuse(
                any: ["publicKeyFormat"], "is for objectType: key, whose public key it writes",
                hint: "leave publicKeyFormat out, or set objectType to key")
        }
        guard let outputs else {
            settings.refuse(any: ["verify"], "has no effect without outputs")
            guard let format, object.type == .key else { return nil }
            if format == .der { Self.refuseTrimming(settings, "would damage a binary file") }
            kind = .publicKey(format)
            return
        }
        self.isVerified = isVerified ?? true
        kind = .parts(outputs.compactMap { CertificateOutput(parsing: $0, of: object) })
        Self.refuseContradictions(settings, object)
    }

    private static func refuseTrimming(_ settings: SettingsMapping, _ reason: String) {
        settings.refuse(any: ["trim"], reason, hint: "leave trim out")
    }

    private static func refuseContradictions(_ settings: SettingsMapping, _ object: KeyVaultObject) {
        if object.type == .key {
            settings.refuse(
                "outputs", "is for certificates, and an object of type key has only a public key",
                hint: "set publicKeyFormat, or objectType to secret")
        }
        if object.isHidden {
            settings.refuse(
                "outputs", "makes files, and a hidden object has none", hint: "leave out either outputs or hidden")
        }
        refuseTrimming(settings, "cannot be combined with outputs")
        settings.refuse(
            any: ["extract", "explode", "envFile", "objectFormat", "objectEncoding"], "cannot be combined with outputs",
            hint: "leave it out; part, encoding and format of each output say how its file is written")
        switch object.missing {
        case .fail, .skip: break
        case .empty, .text:
            settings.refuse(
                any: ["onMissing", "default"], "gives no certificate that outputs could be made of",
                hint: "set onMissing to skip, or leave it out")
        }
    }
}
