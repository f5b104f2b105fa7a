internal import Crypto
internal import FoundationEssentials
internal import SecretMemory

/// Derives the salts and initialisation vectors of a key store from its content, so that the file stays the same as
/// long as its objects do not change.
///
/// The values are HKDF outputs of a seed. If the file has a private key, the seed is an HMAC under that key over
/// everything else, including the password. It cannot be computed without the key, so a salt does not help to guess the
/// password, and two keys are never encrypted with the same salt. Without a private key, everything except the password
/// is public, so the password is not part of the seed: a salt derived from it would allow guesses without the slow key
/// derivation.
struct KeystoreSalts {
    private let seed: SymmetricKey

    /// Creates the seed. `context` names the format and its profile, and `version` is the vault's version of the
    /// object.
    init(_ store: Keystore, password: KeystorePassword, context: String, version: String) {
        var message = SecretBytesBuilder(capacity: 4096)
        func add(_ bytes: SecretBytes) {
            // Each part is preceded by its length, so that two different lists never produce the same bytes.
            message.append(contentsOf: withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { Array($0) })
            bytes.withExposed { message.append($0) }
        }
        add(SecretBytes("akv-csi key store 1"))
        add(SecretBytes(context))
        add(SecretBytes(version))
        if let entry = store.keyEntry {
            add(SecretBytes(entry.alias))
            add(password.bytes)
        }
        for entry in store.trusted { add(SecretBytes(entry.alias)) }
        for certificate in store.certificates { add(certificate.der) }
        let key =
            store.keyEntry?.key.pkcs8.withExposed { SymmetricKey(data: $0) }
            ?? SymmetricKey(data: [UInt8](repeating: 0, count: 32))
        let code = message.finish().withExposed { bytes in
            var hmac = HMAC<SHA256>(key: key)
            hmac.update(data: bytes)
            return hmac.finalize()
        }
        seed = SymmetricKey(data: code)
    }

    func bytes(_ purpose: String, count: Int) -> [UInt8] {
        HKDF<SHA256>.expand(pseudoRandomKey: seed, info: Array(purpose.utf8), outputByteCount: count)
            .withUnsafeBytes { Array($0) }
    }
}
