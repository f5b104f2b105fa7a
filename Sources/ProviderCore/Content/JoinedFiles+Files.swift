internal import Crypto
internal import SecretMemory

extension JoinedFiles {
    /// Returns the files, made of the contents of the volume's objects. If they exceed `room` bytes, the remaining
    /// files are skipped, because the size check then refuses the volume.
    func rendered(with contents: ObjectContents, within room: Int) throws(ProviderError) -> [ConvertedFile] {
        var room = room
        var errors: [ProviderError] = []
        var converted: [ConvertedFile] = []
        for file in files where room >= 0 {
            do throws(ProviderError) {
                let bytes = try file.contents(of: contents)
                room -= bytes.count
                converted.append(ConvertedFile(contents: bytes, path: file.path, permission: file.permission))
            } catch {
                errors.append(error)
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        return converted
    }

    /// Returns the versions under which the driver tracks the files.
    func versions(of contents: ObjectContents) -> [(id: String, version: String)] {
        files.map { ("files/\($0.path)", version(of: $0, contents)) }
    }

    /// Returns a version that changes with the version of any object in the file and with the text of the parameter.
    /// The driver rewrites a file whenever its bytes change, but a synced Secret only when the version changes.
    private func version(of file: JoinedFile, _ contents: ObjectContents) -> String {
        var hash = SHA256()
        for part in [source] + file.references.map({ "\($0.object)/\(contents.version(of: $0.object))" }) {
            withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(part.utf8))
        }
        return hash.finalize().prefix(16).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }
}
