/// What a mount will fetch, from where, and under which names it will answer.
package struct MountPlan: Sendable {
    /// One object with the id under which the driver will track its version.
    package struct Item: Sendable {
        package var object: KeyVaultObject
        package var mode: FilePermission
        var id: String

        /// The path of the `index`-th version, the newest being 0; without a history there is just one.
        package func path(version index: Int) -> String {
            object.wantsHistory ? "\(object.path)/\(index)" : object.path
        }

        /// The path of `file`, which was made of the `index`-th version.
        func path(of file: ConvertedFile, version index: Int) -> String {
            guard let path = file.path else { return path(version: index) + file.suffix }
            return (object.wantsHistory ? "\(path)/\(index)" : path) + file.suffix
        }

        /// The id of the `index`-th version.
        package func id(version index: Int) -> String {
            object.wantsHistory ? "\(id)/\(index)" : id
        }
    }

    package var vault: VaultAddress
    package var items: [Item]
    package var settings: ClassSettings
    /// The mode of files that are of no one object.
    package var defaultMode: FilePermission

    package init(_ attributes: MountAttributes) {
        vault = VaultAddress(name: attributes.vaultName, suffix: attributes.cloud.vaultSuffix)
        settings = attributes.settings
        defaultMode = attributes.defaultMode
        let objects = attributes.objects
        // The driver folds versions into a map by id, so of two objects with one id it would see only
        // the last one change.
        var uses: [String: Int] = [:]
        for object in objects { uses[Self.id(of: object), default: 0] += 1 }
        items = objects.map { object in
            let id = Self.id(of: object)
            return Item(
                object: object, mode: object.permission ?? attributes.defaultMode,
                id: uses[id] == 1 ? id : "\(id)/\(object.path)")
        }
    }

    private static func id(of object: KeyVaultObject) -> String { "\(object.type.rawValue)/\(object.name)" }
}

/// A vault's name and host. The host comes from the operator's cloud alone, so a token can go nowhere
/// else.
package struct VaultAddress: Hashable, Sendable {
    package var name: String
    /// With a port if the cloud's suffix has one.
    package var host: String

    package init(name: String, suffix: String) {
        self.name = name
        self.host = "\(name).\(suffix)"
    }
}
