extension MountConfiguration {
    /// Whether lists of objects decide on what is mounted.
    package var hasSelectors: Bool { objects.contains { $0.selector != nil } }

    /// The same without its other objects.
    package var selectorsOnly: MountConfiguration {
        var copy = self
        copy.objects = objects.filter { $0.selector != nil }
        return copy
    }

    /// The same with what each selector picks in place of it. `records` holds the list for each selector, in
    /// their order.
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
                "the selectors and objects together come to \(picked.count) objects, one volume takes "
                    + "\(ObjectsDocument.maximumObjects) at most")
        }
        if let (conflict, _) = ObjectsDocument(objects: picked, warnings: []).conflict(settings) {
            throw conflict
        }
        var copy = self
        copy.objects = picked
        return copy
    }
}
