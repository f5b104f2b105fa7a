internal import Crypto
internal import ProviderCore
internal import SecretMemory

/// Identifies a credential without holding it.
struct CredentialFingerprint: Hashable, Sendable {
    private var digest: DigestKey

    /// The fingerprint of the node's own identity, which does not need a credential.
    static let none = CredentialFingerprint(digest: .zero)

    init(_ identity: Identity) {
        switch identity {
        case .workloadIdentity(_, let token), .azureTokenProxy(_, let token): self.init(assertion: token.assertion)
        case .servicePrincipal(_, let secret): self.init(secret: secret)
        case .certificatePrincipal(_, let certificate): self.init(secret: certificate.proof)
        case .vmManagedIdentity, .podIdentity: self = .none
        }
    }

    /// Creates the fingerprint of a signed assertion. The signature covers every byte, so the fingerprint is a plain
    /// digest.
    init(assertion: SecretBytes) {
        digest = assertion.withExposed { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return hash.finalize().withUnsafeBytes { DigestKey($0) }
        }
    }

    /// Creates the fingerprint of a secret that a person may have chosen. It uses a key that only this process knows,
    /// so that the fingerprint does not help to guess the secret.
    init(secret: SecretBytes) {
        digest = secret.withExposed { bytes in
            var code = HMAC<SHA256>(key: Self.key)
            code.update(data: bytes)
            return code.finalize().withUnsafeBytes { DigestKey($0) }
        }
    }

    private init(digest: DigestKey) {
        self.digest = digest
    }

    private static let key = SymmetricKey(size: .bits256)
}
