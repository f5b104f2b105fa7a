extension MountConfiguration {
    /// Whether the objects of the mount depend on a vault's list of objects.
    package var hasSelectors: Bool { objects.contains { $0.selector != nil } }

    /// The same configuration with only the objects that have a selector.
    package var selectorsOnly: MountConfiguration {
        var copy = self
        copy.objects = objects.filter { $0.selector != nil }
        return copy
    }

    /// Returns the configuration with each selector replaced by the objects that it selects. `records` holds the
    /// vault's list for each selector, in the order of the selectors. Throws if a selector cannot be satisfied or a
    /// limit is exceeded.
    package func expanding(_ records: [[ObjectRecord]]) throws(ProviderError) -> MountConfiguration {
        var rest = records[...]
        var errors: [ProviderError] = []
        var picked: [KeyVaultObject] = []
        for object in objects {
            do throws(ProviderError) {
                picked += object.selector == nil ? [object] : try object.picks(from: rest.popFirst() ?? [])
            } catch {
                errors.append(error)
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        guard picked.count <= ObjectsDocument.maximumObjects else {
            throw ProviderError(
                .objectInvalid,
                "the selectors and objects together come to \(picked.count) objects; the limit of one volume is "
                    + "\(ObjectsDocument.maximumObjects)")
        }
        if let (conflict, _) = ObjectsDocument(objects: picked, warnings: []).conflict(settings) {
            throw conflict
        }
        var copy = self
        copy.objects = picked
        return copy
    }
}
