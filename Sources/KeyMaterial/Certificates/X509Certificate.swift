package import SecretMemory

/// An X.509 certificate (RFC 5280), with the fields that checking a chain needs.
package struct X509Certificate: Sendable {
    package let der: SecretBytes
    /// The start and end of the validity, in RFC 3339.
    package let notBefore: String
    package let notAfter: String
    package let publicKey: SubjectPublicKey

    /// The encoded names.
    let issuer: [UInt8]
    let subject: [UInt8]
    let subjectKeyIdentifier: [UInt8]
    let authorityKeyIdentifier: [UInt8]
    let signature: CertificateSignature

    /// Whether the certificate states that its key can sign other certificates. A version 1 certificate cannot state
    /// that.
    let isAuthority: Bool
    /// The maximum number of intermediate authorities between this one and a leaf; nil for any number.
    let pathLength: Int?
    /// Whether the key usages include the signing of certificates, or are not stated.
    let usageAllowsSigning: Bool

    package init(_ der: SecretBytes) throws(DERError) {
        let fields = try X509Fields(der)
        self.der = der
        (notBefore, notAfter) = (fields.notBefore, fields.notAfter)
        (issuer, subject) = (fields.issuer, fields.subject)
        publicKey = try SubjectPublicKey(algorithm: fields.keyAlgorithm, bits: fields.publicKey)
        signature = try CertificateSignature(of: der, fields)

        var extensions = Extensions()
        if let list = fields.rest.first(where: { $0.tag == DERElement.Tag.context(3) }) {
            try extensions.read(try DERElement.parse(list.content))
        }
        subjectKeyIdentifier = extensions.subjectKey
        authorityKeyIdentifier = extensions.authorityKey
        isAuthority = extensions.isAuthority ?? (fields.version == 1 && fields.issuer == fields.subject)
        pathLength = extensions.pathLength
        usageAllowsSigning = extensions.usageAllowsSigning
    }

    /// Whether issuer and subject have the same name, as in a root, or in a certificate for an authority's new key.
    package var isSelfIssued: Bool { issuer == subject }

    /// Whether the certificate states that it is signed with its own key: a root, and not a certificate by which an
    /// authority changes its key (RFC 4210, section 4.4).
    var claimsItsOwnKey: Bool {
        guard isSelfIssued else { return false }
        return authorityKeyIdentifier.isEmpty || subjectKeyIdentifier.isEmpty
            || authorityKeyIdentifier == subjectKeyIdentifier
    }

    /// Whether it is a root. If the key identifiers do not decide it, the signature does.
    var isRoot: Bool {
        guard claimsItsOwnKey else { return false }
        if !authorityKeyIdentifier.isEmpty, !subjectKeyIdentifier.isEmpty { return true }
        return signature.verdict(by: publicKey) != .invalid
    }

    /// The subject's name for errors, such as `CN=api.example, O=Example`.
    package var name: String { X509Name.text(subject) }

    func isSame(as other: X509Certificate) -> Bool { der.hasSameBytes(as: other.der) }

    /// Whether `other` can be the issuer of this certificate, according to the fields of both.
    func namesAsIssuer(_ other: X509Certificate) -> Bool {
        let identifiersAreKnown = !authorityKeyIdentifier.isEmpty && !other.subjectKeyIdentifier.isEmpty
        if identifiersAreKnown { return authorityKeyIdentifier == other.subjectKeyIdentifier }
        return issuer == other.subject
    }

    private struct Extensions {
        var subjectKey: [UInt8] = []
        var authorityKey: [UInt8] = []
        var isAuthority: Bool?
        var pathLength: Int?
        var usageAllowsSigning = true

        mutating func read(_ list: DERElement) throws(DERError) {
            for item in try list.children() {
                let parts = try item.children()
                guard let first = parts.first, let last = parts.last, parts.count >= 2 else { continue }
                // The value of an unknown extension can have any form.
                func value() throws(DERError) -> DERElement { try DERElement.parse(try last.octets()) }
                switch try first.objectIdentifier() {
                case "2.5.29.14": subjectKey = try value().content.bytes()
                case "2.5.29.35":
                    let key = try value().children().first { $0.tag == DERElement.Tag.primitiveContext(0) }
                    authorityKey = key?.content.bytes() ?? []
                case "2.5.29.19":
                    let fields = try value().children()
                    let boolean: UInt8 = 0x01
                    isAuthority = fields.contains { $0.tag == boolean && $0.content.bytes().contains { $0 != 0 } }
                    pathLength = try fields.first { $0.tag == DERElement.Tag.integer }?.integer()
                case "2.5.29.15":
                    // The first byte is the number of unused bits. keyCertSign is bit 5, counted from the left.
                    usageAllowsSigning = try value().content.bytes().dropFirst().first.map { $0 & 0x04 != 0 } ?? false
                default: break
                }
            }
        }
    }
}

/// Formats the names in certificates.
enum X509Name {
    /// Returns the common attributes of a name in the order of its encoding, without control characters.
    static func text(_ encoding: [UInt8]) -> String {
        guard let sets = try? DERElement.parse(SecretBytes(encoding)).children() else { return "no readable name" }
        let attributes = sets.prefix(16).flatMap { (try? $0.children()) ?? [] }.compactMap(attribute)
        return attributes.isEmpty ? "no name" : attributes.joined(separator: ", ").clipped
    }

    private static func attribute(_ element: DERElement) -> String? {
        guard let parts = try? element.children(), parts.count == 2,
            let identifier = try? parts[0].objectIdentifier(), let type = types[identifier]
        else { return nil }
        let bytes = parts[1].content.bytes()
        let bmpString: UInt8 = 0x1E
        let text =
            parts[1].tag == bmpString
            ? String(
                decoding: zip(bytes, bytes.dropFirst()).enumerated().filter { $0.offset % 2 == 0 }
                    .map { UInt16($0.element.0) << 8 | UInt16($0.element.1) }, as: UTF16.self)
            : String(decoding: bytes, as: UTF8.self)
        return "\(type)=\(String(text.unicodeScalars.filter { !ASCII.isControl($0) }))"
    }

    private static let types = [
        "2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C", "2.5.4.5": "serialNumber",
        "0.9.2342.19200300.100.1.25": "DC",
    ]
}
