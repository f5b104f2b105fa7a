internal import Documents
package import SecretMemory

/// The doctor's input as one stream of bytes, for a doctor in another place, so that a token is never on a command line
/// or in a file.
///
/// The first line is JSON with the manifests and the lengths of the following parts: the token, and then the data of
/// nodePublishSecretRef.
package struct DoctorBundle: Sendable {
    package var files: [ManifestFile]
    package var token: SecretBytes?
    package var credentials: SecretBytes?

    package init(files: [ManifestFile], token: SecretBytes?, credentials: SecretBytes?) {
        self.files = files
        self.token = token
        self.credentials = credentials
    }

    package var bytes: SecretBytes {
        let header: JSONOutput = [
            "files": .array(files.map { ["path": .text($0.path), "text": .text($0.text)] }),
            "tokenBytes": token.map { .number($0.count) } ?? .null,
            "credentialsBytes": credentials.map { .number($0.count) } ?? .null,
        ]
        var builder = SecretBytesBuilder()
        builder.append(contentsOf: header.compact.utf8)
        builder.append(UInt8(ascii: "\n"))
        for part in [token, credentials] { part?.withExposed { builder.append($0) } }
        return SecretBytes(builder)
    }

    /// Parses a stream that `bytes` created. Returns nil for any other bytes.
    package init?(_ bytes: SecretBytes) {
        let line = bytes.withExposed { $0.firstIndex(of: UInt8(ascii: "\n")) }
        guard let line else { return nil }
        let head = bytes.withExposed { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<line])) }
        guard let header = (try? JSONParser.parse(head))?.object, let list = header["files"]?.array else { return nil }
        files = list.compactMap(\.object).map { file in
            ManifestFile(path: file["path"]?.text ?? "", text: file["text"]?.text ?? "")
        }
        var start = line + 1
        var parts: [SecretBytes?] = []
        for length in [header["tokenBytes"]?.integer, header["credentialsBytes"]?.integer] {
            guard let length else {
                parts.append(nil)
                continue
            }
            guard length >= 0, start + length <= bytes.count else { return nil }
            parts.append(
                bytes.withExposed {
                    SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[start..<start + length]))
                })
            start += length
        }
        token = parts[0]
        credentials = parts[1]
    }
}
