internal import ProviderCore
internal import SecretMemory

/// What the identifier in an answer must say: `https://HOST/COLLECTION/NAME/VERSION`.
///
/// The request names an object, but only the answer's own identifier shows what the bytes are. A cache
/// between here and the vault that mixes answers up must not hand one object's bytes out as another's.
struct VaultObjectID {
    var object: KeyVaultObject
    /// Empty for the latest.
    var version: String
    var vault: VaultAddress

    /// Throws when `id` speaks of something else. Hosts are compared only below the cloud's vault
    /// suffix: behind a private name, the vault goes on calling itself by its own.
    func check(_ id: String) throws(VaultAnswerError) {
        guard let scheme = id.firstRange(of: "://") else { return }
        let parts = id.utf8[scheme.upperBound...].split(separator: UInt8(ascii: "/")).map { Substring($0) }
        guard parts.count >= 3 else { return }
        let host = Self.withoutPort443(parts[0].lowercased())
        let own = Self.withoutPort443(vault.host.lowercased())
        let suffix = own.dropFirst(vault.name.count)
        guard host == own || !host.hasSuffix(suffix) else {
            throw mismatch("of the vault \(host.clipped), not \(own)")
        }
        let path = "\(parts[1])/\(parts[2])"
        guard path.lowercased() == "\(object.type.collection)/\(object.name)".lowercased() else {
            throw mismatch("of \(path.clipped), not \(object.type.collection)/\(object.name)")
        }
        guard version.isEmpty || parts.count < 4 || parts[3].lowercased() == version.lowercased() else {
            throw mismatch("of version \(String(parts[3]).clipped), not \(version)")
        }
    }

    private func mismatch(_ difference: String) -> VaultAnswerError {
        VaultAnswerError(reason: "the answer is \(difference), which was asked for")
    }

    private static func withoutPort443(_ host: String) -> String {
        host.hasSuffix(":443") ? String(host.dropLast(4)) : host
    }
}
