/// What a mount will fetch, from where and with which identity, and under which names it will answer.
package struct MountPlan: Sendable {
    /// One object with the id under which the driver will track its version.
    package struct Item: Sendable {
        package var object: KeyVaultObject
        package var mode: FilePermission
        /// The index of what it is read from.
        package var source: Int
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

    /// A vault, and the identity used for it. Objects of one source are kept from the same moment.
    package struct Source: Sendable {
        package var vault: VaultAddress
        package var authentication: AuthenticationContext
        /// Who Azure takes that for.
        package var principal: Principal
        package var fallback: Fallback?

        /// What stands in for the vault, and when.
        package struct Fallback: Sendable, Hashable {
            package var vault: VaultAddress
            package var conditions: Set<FallbackVault.Condition>
        }
    }

    package var items: [Item] = []
    package var sources: [Source] = []
    package var settings: ClassSettings
    /// The mode of files that are of no one object.
    package var defaultMode: FilePermission

    package init(_ attributes: MountConfiguration) {
        settings = attributes.settings
        defaultMode = attributes.defaultMode
        let objects = attributes.objects
        // The driver folds versions into a map by id, so of two objects with one id it would see only
        // the last one change.
        let ids = objects.map { "\($0.type.rawValue)/\($0.name)" }
        var uses = [String: Int](minimumCapacity: ids.count)
        for id in ids { uses[id, default: 0] += 1 }
        var known: [ObjectSource: Int] = [:]
        var last: (source: ObjectSource, index: Int)?
        items = zip(objects, ids).map { object, id in
            let own = object.source
            // Nearly always all have the same.
            if last?.source != own {
                let index = known[own] ?? index(of: Source(own, in: attributes))
                known[own] = index
                last = (own, index)
            }
            return Item(
                object: object, mode: object.permission ?? attributes.defaultMode, source: last?.index ?? 0,
                id: uses[id] == 1 ? id : "\(id)/\(object.path)")
        }
    }

    /// The index of `source`, which is added unless it is there.
    private mutating func index(of source: Source) -> Int {
        let index = sources.firstIndex {
            $0.vault == source.vault && $0.principal == source.principal && $0.fallback == source.fallback
        }
        if let index { return index }
        sources.append(source)
        return sources.count - 1
    }
}

extension MountPlan.Source {
    init(_ source: ObjectSource, in attributes: MountConfiguration) {
        let suffix = attributes.cloud.vaultSuffix
        vault = VaultAddress(name: source.vaultName ?? attributes.vaultName, suffix: suffix)
        authentication = attributes.authentication(for: source)
        principal = Principal(authentication)
        fallback = source.fallback.map {
            Fallback(vault: VaultAddress(name: $0.name, suffix: suffix), conditions: $0.conditions)
        }
    }
}
