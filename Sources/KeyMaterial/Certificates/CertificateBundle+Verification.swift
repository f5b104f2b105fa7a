extension CertificateBundle {
    /// Throws if a program that reads the files would fail: because the key belongs to another certificate, or because
    /// a signature in the chain is invalid. Dates are not checked, see `expiry`, and a missing root is not an error.
    package func verify() throws(DERError) {
        let problems = self.problems()
        guard problems.isEmpty else { throw DERError(problems.joined(separator: "; ")) }
    }

    /// Returns all problems, those of the leaf first.
    func problems() -> [String] {
        var problems: [String] = []
        if let key {
            if key.publicKey != leaf.publicKey {
                let kinds =
                    key.publicKey.kind == leaf.publicKey.kind
                    ? "" : ": the key is \(key.publicKey.kind), the certificate \(leaf.publicKey.kind)"
                problems.append("the private key does not belong to the certificate \(leaf.name)\(kinds)")
            } else if !key.isConsistent {
                problems.append("the private key of \(leaf.name) is damaged: its numbers do not fit each other")
            }
        }
        for (index, (child, issuer)) in zip(chain, issuers).enumerated() {
            if !issuer.isAuthority {
                problems.append("\(issuer.name) issued \(child.name), but is not a certificate authority")
            } else if !issuer.usageAllowsSigning {
                problems.append("\(issuer.name) issued \(child.name), and its key usage does not allow that")
            }
            // Self-issued authorities do not count (RFC 5280, section 4.2.1.9).
            let between = issuers[..<index].filter { !$0.isSelfIssued }.count
            if let length = issuer.pathLength, between > length {
                problems.append("\(issuer.name) allows \(length) authorities below it, and has \(between)")
            }
            problems += Self.problem(with: child, signedBy: issuer)
        }
        if let root = chain.last, root.claimsItsOwnKey { problems += Self.problem(with: root, signedBy: root) }
        return problems
    }

    private static func problem(with child: X509Certificate, signedBy issuer: X509Certificate) -> [String] {
        switch child.signature.verdict(by: issuer.publicKey) {
        case .valid: []
        case .invalid: ["the signature of \(child.name) is not by \(issuer.name)"]
        case .unknown(let algorithm):
            [
                "the signature of \(child.name) cannot be verified, its algorithm is \(algorithm); "
                    + "set verify: false to mount it as it is"
            ]
        }
    }

    /// The time, in RFC 3339, at which the first certificate of the chain expires.
    package var expiry: String { chain.map(\.notAfter).min() ?? leaf.notAfter }
}
