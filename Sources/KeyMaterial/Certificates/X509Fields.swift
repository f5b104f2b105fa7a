package import SecretMemory

/// The fields of an X.509 certificate (RFC 5280) that its owner needs.
package struct X509Fields {
    /// The start and end of the validity, in RFC 3339.
    package let notBefore: String
    package let notAfter: String
    /// The encoded names, with tag and length.
    let issuer: [UInt8]
    let subject: [UInt8]
    /// The algorithm of the subject's public key.
    let keyAlgorithm: DERElement
    /// The subject's public key in the format of its algorithm, such as RSAPublicKey.
    package let publicKey: [UInt8]
    /// The bytes that the issuer signed.
    let signedPart: SecretSlice
    /// The algorithm that is named inside the signed bytes.
    let signedAlgorithm: [UInt8]
    /// The fields after the public key: the unique identifiers, which are not used, and the extensions.
    let rest: [DERElement]
    /// The version, from 1 to 3.
    let version: Int

    package init(_ certificate: SecretBytes) throws(DERError) {
        var outer = try DERElement.parse(certificate).expecting(DERElement.Tag.sequence, "certificate").reader()
        let signed = try outer.next(DERElement.Tag.sequence, "certificate body")
        signedPart = signed.encoding
        var body = signed.reader()
        if body.nextTag == DERElement.Tag.context(0) {
            version = (try? DERElement.parse(try body.next().content).integer()).map { $0 + 1 } ?? 3
        } else {
            version = 1
        }
        _ = try body.next(DERElement.Tag.integer, "serial number")
        signedAlgorithm = try body.next(DERElement.Tag.sequence, "signature algorithm").encoding.bytes()
        issuer = try body.next(DERElement.Tag.sequence, "issuer").encoding.bytes()
        let validity = try body.next(DERElement.Tag.sequence, "validity").children()
        guard validity.count == 2 else { throw DERError("validity expected") }
        (notBefore, notAfter) = (try Self.time(validity[0]), try Self.time(validity[1]))
        subject = try body.next(DERElement.Tag.sequence, "subject").encoding.bytes()
        let key = try body.next(DERElement.Tag.sequence, "public key").children()
        guard key.count == 2, key[1].tag == DERElement.Tag.bitString else { throw DERError("public key expected") }
        keyAlgorithm = key[0]
        publicKey = Array(key[1].content.bytes().dropFirst())
        var rest: [DERElement] = []
        while !body.isAtEnd, let element = try? body.next() { rest.append(element) }
        self.rest = rest
    }

    /// A UTCTime has a two-digit year; 50 and above belong to the last century.
    private static func time(_ element: DERElement) throws(DERError) -> String {
        let (utcTime, generalizedTime): (UInt8, UInt8) = (0x17, 0x18)
        var digits = String(decoding: element.content.bytes(), as: UTF8.self)
        if element.tag == utcTime { digits = (digits < "50" ? "20" : "19") + digits }
        guard element.tag == utcTime || element.tag == generalizedTime, digits.utf8.count == 15, digits.hasSuffix("Z"),
            digits.utf8.dropLast().allSatisfy({ ASCII.digits.contains($0) })
        else { throw DERError("time expected") }
        var rest = digits[...]
        func take(_ count: Int) -> Substring {
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        return "\(take(4))-\(take(2))-\(take(2))T\(take(2)):\(take(2)):\(take(2))Z"
    }
}
