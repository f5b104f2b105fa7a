internal import Budgets
package import SecretMemory

/// Sorts certificates in the order leaf, intermediates, root, by upstream's rules.
package enum CertificateChain {
    /// The identifiers that connect a certificate with its issuer.
    struct Identifiers {
        var subjectKey: [UInt8]
        var authorityKey: [UInt8]

        /// Reads the two key identifier extensions of an X.509 certificate in DER.
        init(_ certificate: SecretBytes) throws(DERError) {
            subjectKey = []
            authorityKey = []
            var outer = try DERElement.parse(certificate).expecting(DERElement.Tag.sequence, "certificate").reader()
            let body = try outer.next(DERElement.Tag.sequence, "certificate body")
            guard let extensions = try body.children().last, extensions.tag == DERElement.Tag.context(3) else { return }
            for item in try DERElement.parse(extensions.content).children() {
                let parts = try item.children()
                guard let first = parts.first, let value = parts.last else { continue }
                switch try first.objectIdentifier() {
                case "2.5.29.14":
                    subjectKey = try DERElement.parse(try value.octets()).octets().withExposed { Array($0) }
                case "2.5.29.35":
                    let fields = try DERElement.parse(try value.octets()).children()
                    if let key = fields.first(where: { $0.tag == DERElement.Tag.primitiveContext(0) }) {
                        authorityKey = key.content.bytes()
                    }
                default: break
                }
            }
        }
    }

    /// Returns the certificates, leaf first. The order stays unchanged if they do not form one chain, for example
    /// because an unrelated one is among them.
    package static func ordered(_ certificates: [SecretBytes]) throws(DERError) -> [SecretBytes] {
        var identifiers: [Identifiers] = []
        for certificate in certificates {
            do throws(DERError) {
                identifiers.append(try Identifiers(certificate))
            } catch {
                throw DERError("failed to parse certificate: \(error.reason)")
            }
        }
        // This finds the first other certificate whose subject key identifier is this one's authority key identifier.
        // Two absent identifiers do not match.
        guard MountBudget.spend(steps: identifiers.count * identifiers.count, on: .converting) else {
            throw DERError("there are too many certificates to put in order")
        }
        let parents: [Int?] = identifiers.indices.map { child in
            identifiers.indices.first { parent in
                parent != child && !identifiers[child].authorityKey.isEmpty
                    && identifiers[child].authorityKey == identifiers[parent].subjectKey
            }
        }
        let issuers = Set(parents.compactMap { $0 })
        guard let leaf = identifiers.indices.first(where: { !issuers.contains($0) }) else {
            throw DERError("no leaf found")
        }
        var chain = [leaf]
        while let last = chain.last, let parent = parents[last] {
            guard chain.count <= certificates.count else { throw DERError("constructing chain resulted in cycle") }
            chain.append(parent)
        }
        guard chain.count == certificates.count else { return certificates }
        return chain.map { certificates[$0] }
    }
}
