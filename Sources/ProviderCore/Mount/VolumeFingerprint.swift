internal import Crypto
internal import SecretMemory

/// Identifies a volume by its configuration and path, independent of the token in the request.
///
/// A changed SecretProviderClass gives the volume another fingerprint.
package struct VolumeFingerprint: Hashable, Sendable {
    private var digest: DigestKey

    package init(_ request: MountRequest) {
        // One call of the hash takes less time than one for each text.
        var texts = SecretBytesBuilder(capacity: 4096)
        func add(_ bytes: UnsafeRawBufferPointer) {
            // Each text is preceded by its length, so that two different lists of texts never produce the same bytes.
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { texts.append($0) }
            texts.append(bytes)
        }
        func add(_ text: String) {
            var text = text
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        request.attributes.forEachSource { key, source in
            if key == ServiceAccountTokens.attribute { return }
            add(key)
            add(source)
        }
        add(request.targetPath)
        digest = texts.finish().withExposed { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return hash.finalize().withUnsafeBytes { DigestKey($0) }
        }
    }
}
