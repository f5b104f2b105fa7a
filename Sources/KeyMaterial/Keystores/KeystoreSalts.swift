internal import Crypto
internal import FoundationEssentials
internal import SecretMemory

/// Salts and initialisation vectors for a key store that comes out the same each time it is written from
/// the same things, so that a volume does not change while its objects don't.
///
/// They are HKDF of a seed. With a private key inside, the seed is an HMAC under that key over everything
/// else, the password included: it cannot be computed without the key, so a salt helps no one to guess a
/// password faster than the file's own derivation lets him, and no two keys are ever encrypted under one
/// salt. Without a private key everything but the password is public, so the password stays out of the
/// seed: a salt made of it would let guesses be tried without the derivation.
struct KeystoreSalts {
    private let seed: SymmetricKey

    /// `context` names the format and its profile, `version` the vault's version of the object.
    init(_ store: Keystore, password: KeystorePassword, context: String, version: String) {
        var message = SecretBytesBuilder(capacity: 4096)
        func add(_ bytes: SecretBytes) {
            // With its length, so that no two lists run together to the same bytes.
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
