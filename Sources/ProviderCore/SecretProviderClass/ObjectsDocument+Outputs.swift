internal import Budgets
internal import Documents
internal import SecretMemory

/// The checks that concern the outputs of several objects.
extension ObjectsDocument {
    /// Encrypting a key store takes some milliseconds, and the driver requests all of them about every 75 seconds.
    package static let maximumKeystores = 100

    /// Returns an error if the class has more key stores than a node can encrypt for one volume.
    func excessOfKeystores() -> ProviderError? {
        let count = objects.reduce(0) { total, object in
            let stores = object.outputs?.keystoreCount ?? 0
            // Each factor is limited, so that the product cannot overflow.
            let versions = min(max(object.versionHistory, 1), 1000)
            return min(total + min(stores, 1000) * versions * min(object.selector?.maximum ?? 1, 1000), Int(Int32.max))
        }
        guard count > Self.maximumKeystores else { return nil }
        return ProviderError(
            .objectInvalid,
            "outputs ask for up to \(count) key stores; the limit of one volume is \(Self.maximumKeystores). Versions of "
                + "a history and objects that select may pick are counted",
            hint: "ask for fewer versions, lower select's max, or spread the objects over several SecretProviderClasses"
        )
    }

    /// Returns errors for passwords that the objects of the class cannot provide.
    func danglingPasswords() -> [ProviderError] {
        // The objects that a selector will select are not known yet.
        let canBePicked = objects.contains { $0.selector != nil }
        let unknown = UnknownNames()
        let problems = objects.flatMap { object in
            (object.outputs?.passwordNames ?? []).compactMap { name -> ProviderError? in
                guard MountBudget.spend(steps: objects.count, on: .comparing) else { return nil }
                let named = objects.filter { $0.name.utf8.elementsEqual(name.utf8) && $0.selector == nil }
                let found =
                    objects.first { $0.path.utf8.elementsEqual(name.utf8) && $0.selector == nil } ?? named.first
                if let found {
                    guard found.path.utf8.elementsEqual(name.utf8) || named.count == 1 else {
                        return ProviderError(
                            .objectInvalid, of: object,
                            "passwordFrom names \(name.clipped), and \(named.count) objects of the "
                                + "class have that objectName",
                            hint: "name the password's object by its objectAlias")
                    }
                    guard found.type != .secret else { return Self.standIn(for: found, name, object) }
                    return ProviderError(
                        .objectInvalid, of: object,
                        "passwordFrom names \(name.clipped), which is of type "
                            + "\(found.type.rawValue); a password is a secret",
                        hint: "name an object of objectType: secret")
                }
                if canBePicked { return nil }
                return unknown.note(name, among: objects.filter { $0 != object }.map(\.path)).map { near in
                    ProviderError(
                        .objectInvalid, of: object,
                        "passwordFrom names \(name.clipped), which no object of the class is" + near,
                        hint: Self.absentHint)
                }
            }
        }
        if unknown.omitted == 0 { return problems }
        return problems + [
            ProviderError(
                .objectInvalid, "passwordFrom of outputs: \(unknown.omitted) more names are not those of an object",
                hint: Self.absentHint)
        ]
    }

    private static let absentHint =
        "add the secret with the password to objects; hidden: true keeps it out of the volume"

    /// Returns an error if the class itself would provide the password when the vault does not have it.
    private static func standIn(
        for password: KeyVaultObject, _ name: String, _ object: KeyVaultObject
    ) -> ProviderError? {
        switch password.missing {
        case .fail, .skip: return nil
        case .empty, .text:
            return ProviderError(
                .objectInvalid, of: object,
                "passwordFrom names \(name.clipped), whose onMissing puts a text of the class in "
                    + "the password's place; a password comes from the vault alone",
                hint: "leave onMissing and default out of the password's object")
        }
    }
}
