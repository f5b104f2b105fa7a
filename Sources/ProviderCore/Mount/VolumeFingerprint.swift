internal import Crypto
internal import SecretMemory

/// Tells volumes apart: what is to be mounted, and where, whatever token it is asked for with.
///
/// A changed SecretProviderClass makes another volume of it.
package struct VolumeFingerprint: Hashable, Sendable {
    private var digest: ByteKey

    package init(_ request: MountRequest) {
        var hash = SHA256()
        func add(_ bytes: UnsafeRawBufferPointer) {
            // With its length, so that no two lists of texts run together to the same bytes.
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(bufferPointer: bytes)
        }
        func add(_ text: String) {
            var text = text
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        for key in request.attributes.keys.sorted() where key != ServiceAccountTokens.attribute {
            add(key)
            request.attributes.withSource(key) { add($0) }
        }
        add(request.targetPath)
        digest = ByteKey(hash.finalize())
    }
}
