internal import ProviderCore
internal import SecretMemory

/// Checks the identifier in a response: `https://HOST/COLLECTION/NAME/VERSION`.
///
/// The request names an object, but only the identifier in the response shows what was returned. If a cache between the
/// node and the vault mixes up responses, the content of one object must not be delivered as another one's.
struct VaultObjectID {
    var object: KeyVaultObject
    /// The requested version; empty for the latest one.
    var version: String
    var vault: VaultAddress

    /// Throws if `id` identifies something else. Hosts are compared only if both have the same suffix after the vault's
    /// name: a vault behind a private name still uses its own name in identifiers.
    func check(_ id: String) throws(VaultAnswerError) {
        // Nearly all identifiers are exactly as expected, and need no parts.
        var expected = "https://\(vault.host)/\(object.type.collection)/\(object.name)/"
        if version.isEmpty {
            if id.utf8.starts(with: expected.utf8) { return }
        } else {
            expected += version
            if id.utf8.elementsEqual(expected.utf8) { return }
        }
        guard let scheme = id.firstRange(of: "://") else { return }
        let parts = id.utf8[scheme.upperBound...].split(separator: UInt8(ascii: "/")).map { Substring($0) }
        guard parts.count >= 3 else { return }
        let host = Self.withoutPort443(parts[0].lowercasedASCII)
        let own = Self.withoutPort443(vault.host.lowercasedASCII)
        let suffix = own.dropFirst(vault.name.count)
        guard host == own || !host.hasSuffix(suffix) else {
            throw mismatch("of the vault \(host.clipped), not \(own)")
        }
        let path = "\(parts[1])/\(parts[2])"
        guard ASCII.isSame(path, "\(object.type.collection)/\(object.name)") else {
            throw mismatch("of \(path.clipped), not \(object.type.collection)/\(object.name)")
        }
        guard version.isEmpty || parts.count < 4 || ASCII.isSame(String(parts[3]), version) else {
            throw mismatch("of version \(String(parts[3]).clipped), not \(version)")
        }
    }

    private func mismatch(_ difference: String) -> VaultAnswerError {
        VaultAnswerError(reason: "the response is \(difference) as requested")
    }

    private static func withoutPort443(_ host: String) -> String {
        host.hasSuffix(":443") ? String(host.dropLast(4)) : host
    }
}
