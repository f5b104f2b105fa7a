internal import Budgets
package import SecretMemory

/// The sorted content of a certificate-backed secret: the leaf, its key and its issuers.
package struct CertificateBundle: Sendable {
    /// The key of the leaf, if the secret has one.
    package let key: PrivateKey?
    package let leaf: X509Certificate
    /// The issuer of the leaf, the issuer of that certificate, and so on. The root is last, if the secret has it.
    package let issuers: [X509Certificate]
    /// The certificates that do not belong to the leaf's chain, in the order of the secret.
    package let extras: [X509Certificate]
    /// The number of keys that do not belong to a certificate.
    package let extraKeys: Int

    /// The maximum number of certificates: more than any chain has, and few enough to compare each with each.
    static let maximumCertificates = 200
    /// The maximum number of issuers: more than any authority has, because each needs a verification.
    static let maximumIssuers = 16

    /// Sorts certificates and keys, which can be in any order.
    ///
    /// The leaf is the certificate that a key belongs to. If no key belongs to one, the leaf is the first certificate
    /// that did not issue another one, authorities last, and `verify()` then reports that the key does not match.
    /// Throws if there is no certificate, or if the chain is too long.
    package init(keys: [PrivateKey], certificates: [X509Certificate]) throws(DERError) {
        guard certificates.count <= Self.maximumCertificates else {
            throw DERError("the secret holds \(certificates.count) certificates, \(Self.maximumCertificates) at most")
        }
        // Each certificate is compared with each other one, twice.
        let comparisons = certificates.count * (certificates.count + keys.count)
        guard MountBudget.spend(steps: 2 * comparisons, on: .converting) else {
            throw DERError("there are too many certificates to put in order")
        }
        var distinct: [X509Certificate] = []
        for certificate in certificates where !distinct.contains(where: { $0.isSame(as: certificate) }) {
            distinct.append(certificate)
        }
        guard !distinct.isEmpty else { throw DERError("the secret holds no certificate") }

        let leaves = distinct.filter { certificate in keys.contains { $0.publicKey == certificate.publicKey } }
        let leaf = try Self.leaf(among: leaves.isEmpty ? distinct : leaves)
        self.leaf = leaf
        // A key that does not belong to a certificate is still the secret's key.
        key = keys.first { $0.publicKey == leaf.publicKey } ?? keys.first
        extraKeys = Set(keys.map(\.publicKey)).count - (keys.isEmpty ? 0 : 1)

        var issuers: [X509Certificate] = []
        var rest = distinct.filter { !$0.isSame(as: leaf) }
        var last = leaf
        while !last.isRoot, let issuer = Self.issuer(of: last, among: rest) {
            guard issuers.count < Self.maximumIssuers else {
                throw DERError("the chain of \(leaf.name) has more than \(Self.maximumIssuers) issuers")
            }
            rest.removeAll { $0.isSame(as: issuer) }
            issuers.append(issuer)
            last = issuer
        }
        (self.issuers, extras) = (issuers, rest)
    }

    /// The leaf, its issuer, and so on up to the topmost one.
    package var chain: [X509Certificate] { [leaf] + issuers }

    /// The topmost certificate of the leaf's chain; nil if that is the leaf itself and another authority has issued it.
    package var authority: X509Certificate? { issuers.last ?? (leaf.isRoot ? leaf : nil) }

    /// Returns the certificate that did not issue another one. If there are several, it is the first that is not an
    /// authority, or else the first. If several have its key, it is the newest one.
    private static func leaf(among candidates: [X509Certificate]) throws(DERError) -> X509Certificate {
        let ends = candidates.filter { candidate in
            !candidates.contains { other in !other.isSame(as: candidate) && other.namesAsIssuer(candidate) }
        }
        guard let first = ends.first(where: { !$0.isAuthority }) ?? ends.first ?? candidates.first else {
            throw DERError("no leaf found")
        }
        // These are renewals of the certificate with the same key.
        return candidates.filter { $0.publicKey == first.publicKey && $0.isAuthority == first.isAuthority }
            .reduce(first) { ($1.notBefore, $1.notAfter) > ($0.notBefore, $0.notAfter) ? $1 : $0 }
    }

    /// Returns the issuer. If several certificates have the issuer's name, as for a cross-signed authority, it prefers
    /// the one whose key made the signature, then a root, then the one with the latest expiry, and then the first.
    private static func issuer(
        of certificate: X509Certificate, among others: [X509Certificate]
    ) -> X509Certificate? {
        // The number is limited, because each may need a verification.
        var candidates = Array(others.lazy.filter { certificate.namesAsIssuer($0) }.prefix(8))
        guard candidates.count > 1 else { return candidates.first }
        let signers = candidates.filter { certificate.signature.verdict(by: $0.publicKey) == .valid }
        if !signers.isEmpty { candidates = signers }
        let roots = candidates.filter(\.isRoot)
        if !roots.isEmpty { candidates = roots }
        let longest = candidates.map(\.notAfter).max()
        return candidates.first { $0.notAfter == longest }
    }
}

extension CertificateBundle {
    private static let pemContent = "application/x-pem-file"
    private static let pkcs12Content = "application/x-pkcs12"

    /// Reads a secret's value, which is PEM, or PKCS#12 in base64. A secret that was written to the vault manually may
    /// not have a content type, and the value itself then decides.
    package init(_ value: SecretBytes, contentType: String?) throws(DERError) {
        let isPEM =
            switch contentType {
            case Self.pemContent: true
            case Self.pkcs12Content: false
            default: !PEMReader.blocks(in: value).isEmpty
            }
        if isPEM {
            try self.init(pem: value)
        } else {
            guard let file = value.withExposed({ Base64.decode($0, alphabet: .standard) }), !file.isEmpty else {
                throw DERError("the secret holds neither PEM nor a PKCS#12 file in base64")
            }
            let opened = try PKCS12.open(file)
            var keys: [PrivateKey] = []
            for key in opened.keys { keys.append(try PrivateKey(pkcs8: key)) }
            try self.init(keys: keys, certificates: try Self.certificates(opened.certificates))
        }
    }

    /// Reads a certificate without its chain and key, as the vault returns it for objects of type `cert`.
    package init(certificate: SecretBytes) throws(DERError) {
        try self.init(keys: [], certificates: try Self.certificates([certificate]))
    }

    private init(pem: SecretBytes) throws(DERError) {
        var keys: [PrivateKey] = []
        var certificates: [SecretBytes] = []
        for block in PEMReader.blocks(in: pem) {
            if let key = try PrivateKey(block) { keys.append(key) }
            if ["CERTIFICATE", "X509 CERTIFICATE"].contains(block.label) { certificates.append(block.der) }
        }
        try self.init(keys: keys, certificates: try Self.certificates(certificates))
    }

    private static func certificates(_ encoded: [SecretBytes]) throws(DERError) -> [X509Certificate] {
        var certificates: [X509Certificate] = []
        for (index, der) in encoded.enumerated() {
            do throws(DERError) {
                certificates.append(try X509Certificate(der))
            } catch {
                throw DERError("failed to parse certificate \(index + 1) of \(encoded.count): \(error.reason)")
            }
        }
        return certificates
    }
}
