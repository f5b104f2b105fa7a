/// Bytes as a key of a dictionary. Hashing them is faster than hashing an array, which hashes each element separately.
package struct ByteKey: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Creates the key of a text's bytes. Swift treats two texts as equal if they differ only in Unicode composition,
    /// such as a composed and a decomposed accented letter, but Kubernetes and Key Vault distinguish them.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
