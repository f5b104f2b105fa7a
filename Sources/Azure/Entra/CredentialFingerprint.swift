internal import Crypto
internal import ProviderCore
internal import SecretMemory

/// Tells credentials apart without holding them.
struct CredentialFingerprint: Hashable, Sendable {
    private var digest: [UInt8]

    /// The node's own identity needs no credential.
    static let none = CredentialFingerprint(digest: [])

    init(_ identity: Identity) {
        switch identity {
        case .workloadIdentity(_, let token), .azureTokenProxy(_, let token): self.init(assertion: token.assertion)
        case .servicePrincipal(_, let secret): self.init(secret: secret)
        case .certificatePrincipal(_, let certificate): self.init(secret: certificate.proof)
        case .vmManagedIdentity, .podIdentity: self = .none
        }
    }

    /// Of a signed assertion: what it proves is bound to its every byte.
    init(assertion: SecretBytes) {
        digest = assertion.withExposed { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return Array(hash.finalize())
        }
    }

    /// Of a secret that people may have chosen: with a key that only this process knows, so that the
    /// fingerprint is of no use to guess it.
    init(secret: SecretBytes) {
        digest = secret.withExposed { bytes in
            var code = HMAC<SHA256>(key: Self.key)
            code.update(data: bytes)
            return Array(code.finalize())
        }
    }

    private init(digest: [UInt8]) {
        self.digest = digest
    }

    private static let key = SymmetricKey(size: .bits256)
}
