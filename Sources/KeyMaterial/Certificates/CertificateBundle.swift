internal import Budgets
package import SecretMemory

/// What a certificate-backed secret holds, put in order: the leaf, its key and its issuers.
package struct CertificateBundle: Sendable {
    /// The leaf's key, if the secret has one.
    package let key: PrivateKey?
    package let leaf: X509Certificate
    /// The leaf's issuer, that one's issuer and so on; the root last, if it is there.
    package let issuers: [X509Certificate]
    /// Certificates that have no part in the leaf's chain, in the order of the secret.
    package let extras: [X509Certificate]
    /// How many keys there are that belong to no certificate.
    package let extraKeys: Int

    /// More than any chain, and few enough to compare each with each.
    static let maximumCertificates = 200
    /// Longer chains than any authority has; each link costs a verification.
    static let maximumIssuers = 16

    /// Puts certificates and keys in order, in whatever order they come.
    ///
    /// The leaf is the certificate that a key belongs to. If none does, it is the first that issued none of
    /// the others, authorities last, and `verify()` says that the key does not match.
    package init(keys: [PrivateKey], certificates: [X509Certificate]) throws(DERError) {
        guard certificates.count <= Self.maximumCertificates else {
            throw DERError("the secret holds \(certificates.count) certificates, \(Self.maximumCertificates) at most")
        }
        // Each is compared with each, twice.
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
        // A key without a certificate of its own is still the secret's key.
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

    /// The leaf, its issuer, and so on up.
    package var chain: [X509Certificate] { [leaf] + issuers }

    /// The topmost certificate that the secret holds of the leaf's chain; nil if that is the leaf itself
    /// and somebody else has issued it.
    package var authority: X509Certificate? { issuers.last ?? (leaf.isRoot ? leaf : nil) }

    /// The one that issued none of the others; of several the first that is not an authority, then the first. Of
    /// several
    /// with its key, the newest.
    private static func leaf(among candidates: [X509Certificate]) throws(DERError) -> X509Certificate {
        let ends = candidates.filter { candidate in
            !candidates.contains { other in !other.isSame(as: candidate) && other.namesAsIssuer(candidate) }
        }
        guard let first = ends.first(where: { !$0.isAuthority }) ?? ends.first ?? candidates.first else {
            throw DERError("no leaf found")
        }
        // A certificate that was renewed with the same key.
        return candidates.filter { $0.publicKey == first.publicKey && $0.isAuthority == first.isAuthority }
            .reduce(first) { ($1.notBefore, $1.notAfter) > ($0.notBefore, $0.notAfter) ? $1 : $0 }
    }

    /// Of several that bear the issuer's name, such as a cross-signed authority's, the one whose key made
    /// the signature, then a root, then the one that is valid for longest, then the first.
    private static func issuer(
        of certificate: X509Certificate, among others: [X509Certificate]
    ) -> X509Certificate? {
        // So many at most, because each may cost a verification.
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

    /// Reads a secret's value: PEM, or PKCS#12 in base64. A secret that somebody put into the vault by
    /// hand may lack the content type that tells them apart, so then the value does.
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

    /// A certificate alone, as the vault answers for objects of type `cert`.
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
