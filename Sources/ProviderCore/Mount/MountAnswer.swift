/// The answer to a mount: all files of the volume and the versions they came from.
package struct MountAnswer: Sendable {
    package struct File: Sendable {
        package var path: String
        package var mode: FilePermission
        package var contents: SecretBytes
    }

    package struct Version: Hashable, Sendable {
        package var id: String
        package var version: String
    }

    package private(set) var files: [File] = []
    package private(set) var versions: [Version] = []

    /// The largest message the driver takes.
    package static let maximumBytes = 4 << 20

    /// Converts what was fetched and checks the whole against the driver's rules. `fetched[i]` holds the
    /// versions of `plan.items[i]`, the newest first. All or nothing: what the driver gets replaces
    /// everything the volume held.
    package init(
        _ plan: MountPlan, fetched: [[VaultItem]], conversion: ContentConversion
    ) throws(ProviderError) {
        var errors: [ProviderError] = []
        let pipeline = ObjectPipeline(conversion)
        let others = ObjectContents(zip(plan.items, fetched).map { ($0.object, $1) }, pipeline)
        for (item, contents) in zip(plan.items, fetched) {
            for (index, content) in contents.enumerated() {
                do throws(ProviderError) {
                    let made = try pipeline.files(of: content, for: item.object, among: others)
                    if item.object.isHidden {
                        versions.append(Version(id: item.id(version: index), version: content.version))
                        continue
                    }
                    for file in made {
                        files.append(
                            File(
                                path: item.path(of: file, version: index), mode: file.permission ?? item.mode,
                                contents: file.contents))
                        versions.append(Version(id: item.id(version: index), version: content.version))
                    }
                } catch {
                    errors.append(error)
                }
            }
        }
        // What is made of the volume as a whole.
        if errors.isEmpty, let joined = plan.settings.joinedFiles {
            do throws(ProviderError) {
                for file in try joined.files(of: others) {
                    files.append(
                        File(
                            path: (file.path ?? "") + file.suffix, mode: file.permission ?? plan.defaultMode,
                            contents: file.contents))
                }
                versions += joined.versions(of: others)
            } catch {
                errors.append(error)
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        try check()
    }

    private func check() throws(ProviderError) {
        guard !files.isEmpty, !versions.isEmpty else {
            throw ProviderError(.internal, "the mount has no file to answer with")
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
        guard size <= Self.maximumBytes else {
            let largest = files.sorted { $0.contents.count > $1.contents.count }.prefix(3)
                .map { "\($0.path) (\($0.contents.count) bytes)" }.joined(separator: ", ")
            throw ProviderError(
                .answerTooLarge,
                "the volume's content has \(size) bytes, the driver takes \(Self.maximumBytes); the largest: \(largest)"
            )
        }
    }

    /// The size of the protobuf message, byte for byte.
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
