internal import Crypto
internal import SecretMemory

extension JoinedFiles {
    /// The files, made of the contents of the volume's objects. Once they have more than `room` bytes, the rest is not
    /// made any more: the volume is refused for its size.
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

    /// The versions under which the driver will track the files.
    func versions(of contents: ObjectContents) -> [(id: String, version: String)] {
        files.map { ("files/\($0.path)", version(of: $0, contents)) }
    }

    /// Another one when an object that the file is made of has another version, or the parameter another
    /// text: the driver writes a file again whenever it changes, but a Secret only with a version.
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
