/// Bytes to look something up by. An array's own hash takes them one by one.
package struct ByteKey: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// A text as its bytes. Swift takes two texts for equal that only look alike, such as an accented letter that is
    /// composed in one and decomposed in the other; Kubernetes and Key Vault tell them apart.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
