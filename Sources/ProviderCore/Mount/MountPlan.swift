/// What a mount fetches, from which vault, with which identity, and the paths and ids of the result.
package struct MountPlan: Sendable {
    /// One object, with the id under which the driver tracks its version.
    package struct Item: Sendable {
        package var object: KeyVaultObject
        package var mode: FilePermission
        /// The index in `sources` of the vault and identity that it is read with.
        package var source: Int
        var id: String

        /// Returns the path of the `index`-th version, counted from the newest. Without a history there is only version
        /// 0.
        package func path(version index: Int) -> String {
            object.wantsHistory ? "\(object.path)/\(index)" : object.path
        }

        /// Returns the path of `file`, which was made of the `index`-th version.
        func path(of file: ConvertedFile, version index: Int) -> String {
            guard let path = file.path else { return path(version: index) + file.suffix }
            return (object.wantsHistory ? "\(path)/\(index)" : path) + file.suffix
        }

        /// Returns the id of the `index`-th version.
        package func id(version index: Int) -> String {
            object.wantsHistory ? "\(id)/\(index)" : id
        }
    }

    /// A vault and the identity used for it. The cache holds all objects of one source from the same moment.
    package struct Source: Sendable {
        package var vault: VaultAddress
        package var authentication: AuthenticationContext
        /// The principal that Azure sees for `authentication`.
        package var principal: Principal
        package var fallback: Fallback?

        /// The fallback vault, and the conditions under which it is used.
        package struct Fallback: Sendable, Hashable {
            package var vault: VaultAddress
            package var conditions: Set<FallbackVault.Condition>
        }
    }

    package var items: [Item] = []
    package var sources: [Source] = []
    package var settings: ClassSettings
    /// The mode of files that do not belong to a single object.
    package var defaultMode: FilePermission

    package init(_ attributes: MountConfiguration) {
        settings = attributes.settings
        defaultMode = attributes.defaultMode
        let objects = attributes.objects
        // The driver keeps versions in a map by id. If two objects had the same id, it would see only changes of the
        // last one.
        let ids = objects.map { "\($0.type.rawValue)/\($0.name)" }
        var uses = [String: Int](minimumCapacity: ids.count)
        for id in ids { uses[id, default: 0] += 1 }
        var known: [ObjectSource: Int] = [:]
        var last: (source: ObjectSource, index: Int)?
        items = zip(objects, ids).map { object, id in
            let own = object.source
            // In nearly all classes, all objects have the same source.
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

    /// Returns the index of `source`, which is added if it is not in the list.
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
