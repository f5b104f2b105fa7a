package import SecretMemory

/// The response to a mount: all files of the volume and the versions they were made from.
package struct MountResponse: Sendable {
    /// A file of the volume.
    package struct File: Sendable {
        package var path: String
        package var mode: FilePermission
        package var contents: SecretBytes
    }

    /// The version of an object, under the id by which the driver tracks it.
    package struct Version: Hashable, Sendable {
        package var id: String
        package var version: String
    }

    package private(set) var files: [File] = []
    package private(set) var versions: [Version] = []

    /// Converts the fetched content and checks the result against the driver's rules. `fetched[i]` holds the versions
    /// of `plan.items[i]`, newest first; it is empty if an optional object is missing. `now` is in seconds since 1970.
    /// The initializer throws if any file cannot be made, because the response replaces the volume's whole content.
    package init(
        _ plan: MountPlan, fetched: [[FetchedVersion]], conversion: ContentConversion, now: Int
    ) throws(ProviderError) {
        var errors: [ProviderError] = []
        var room = VolumeLimits.maximumBytes
        var metadata = MetadataFile(isWanted: plan.settings.metadataFile != nil)
        let pipeline = ObjectPipeline(conversion)
        let others = ObjectContents(zip(plan.items, fetched).map { ($0.object, $1) }, pipeline)
        for (item, contents) in zip(plan.items, fetched) {
            if contents.isEmpty { try addSubstitute(for: item, &metadata, &room) }
            for (index, content) in contents.enumerated() {
                do throws(ProviderError) {
                    try item.object.validity.check(content.attributes, of: item.object, now: now)
                    let made = try pipeline.files(of: content.item, for: item.object, among: others)
                    let version = Version(
                        id: item.id(version: index),
                        version: pipeline.version(of: content, for: item.object, among: others))
                    if item.object.isHidden { versions.append(version) }
                    var paths: [String] = []
                    for file in made where !item.object.isHidden {
                        let path = item.path(of: file, version: index)
                        room -= file.contents.count
                        files.append(File(path: path, mode: file.permission ?? item.mode, contents: file.contents))
                        versions.append(version)
                        paths.append(path)
                    }
                    metadata.add(content, of: item.object, files: paths)
                } catch {
                    errors.append(error)
                }
                // The response is too large already, and more work would only use time and memory.
                if room < 0 { throw tooLarge("more than \(VolumeLimits.maximumBytes)") }
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        try addFilesOfTheWhole(plan, others, metadata, room)
        try check()
    }

    /// Adds the substitute that the settings of a missing object define.
    private mutating func addSubstitute(
        for item: MountPlan.Item, _ metadata: inout MetadataFile, _ room: inout Int
    ) throws(ProviderError) {
        guard let content = item.object.missing.content else {
            metadata.addMissing(item.object, files: [])
            return
        }
        for path in item.object.declaredPaths {
            let contents = item.object.form.applied(to: content)
            room -= contents.count
            files.append(File(path: path, mode: item.mode, contents: contents))
            if room < 0 { throw tooLarge("more than \(VolumeLimits.maximumBytes)") }
        }
        metadata.addMissing(item.object, files: item.object.declaredPaths)
        versions.append(Version(id: item.id(version: 0), version: item.object.missing.version))
    }

    /// Adds the files that are made of several objects, and the metadata file.
    private mutating func addFilesOfTheWhole(
        _ plan: MountPlan, _ contents: ObjectContents, _ metadata: MetadataFile, _ room: Int
    ) throws(ProviderError) {
        for file in try plan.settings.joinedFiles?.rendered(with: contents, within: room) ?? [] {
            let path = (file.path ?? "") + file.suffix
            files.append(File(path: path, mode: file.permission ?? plan.defaultMode, contents: file.contents))
        }
        versions += (plan.settings.joinedFiles?.versions(of: contents) ?? []).map {
            Version(id: $0.id, version: $0.version)
        }
        // A volume that would hold only the metadata file is still an error.
        if let path = plan.settings.metadataFile, !files.isEmpty {
            files.append(File(path: path, mode: plan.defaultMode, contents: metadata.contents))
        }
    }

    private func check() throws(ProviderError) {
        guard !files.isEmpty, !versions.isEmpty else {
            throw ProviderError(
                .objectNotFound, "no file is left to mount: every object is optional, and missing or hidden",
                hint: "put one of the objects into the vault, or give one of them onMissing: empty or a default")
        }
        if let (first, second) = MountPath.conflict(among: files.map(\.path)) {
            throw ProviderError(
                .pathConflict, "paths \(files[first].path) and \(files[second].path) cannot both exist in the volume")
        }
        for file in files {
            if let problem = MountPath.problem(with: file.path) {
                throw ProviderError(.pathInvalid, "\(file.path.clipped): \(problem)")
            }
        }
        let size = encodedSize
        guard size <= VolumeLimits.maximumBytes else { throw tooLarge("\(size)") }
    }

    /// `size` describes the size of the volume's content, as far as it is known.
    private func tooLarge(_ size: String) -> ProviderError {
        let largest = files.sorted { $0.contents.count > $1.contents.count }.prefix(3)
            .map { "\($0.path.clipped) (\($0.contents.count) bytes)" }.joined(separator: ", ")
        return ProviderError(
            .answerTooLarge,
            "the volume's content has \(size) bytes, the driver takes \(VolumeLimits.maximumBytes); the largest: \(largest)"
        )
    }

    /// The exact size of the protobuf message, in bytes.
    var encodedSize: Int {
        func varint(_ value: Int) -> Int { max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7) }
        func field(_ length: Int) -> Int { length == 0 ? 0 : 1 + varint(length) + length }
        func message(_ length: Int) -> Int { 1 + varint(length) + length }
        let fileBytes = files.reduce(0) { total, file in
            let mode = Int(file.mode.rawValue)
            return total
                + message(
                    field(file.path.utf8.count) + (mode == 0 ? 0 : 1 + varint(mode)) + field(file.contents.count))
        }
        return versions.reduce(fileBytes) { total, version in
            total + message(field(version.id.utf8.count) + field(version.version.utf8.count))
        }
    }
}
