/// The few fields of an X.509 certificate (RFC 5280) that matter to whoever presents it.
struct X509Fields {
    /// In RFC 3339.
    let notBefore: String
    let notAfter: String
    /// The subject's public key as its algorithm writes it, such as RSAPublicKey.
    let publicKey: [UInt8]

    init(_ certificate: SecretBytes) throws(DERError) {
        var outer = try DERElement.parse(certificate).expecting(DERElement.Tag.sequence, "certificate").reader()
        var body = try outer.next(DERElement.Tag.sequence, "certificate body").reader()
        if body.nextTag == DERElement.Tag.context(0) { _ = try body.next() }
        _ = try body.next(DERElement.Tag.integer, "serial number")
        _ = try body.next(DERElement.Tag.sequence, "signature algorithm")
        _ = try body.next(DERElement.Tag.sequence, "issuer")
        let validity = try body.next(DERElement.Tag.sequence, "validity").children()
        guard validity.count == 2 else { throw DERError("validity expected") }
        (notBefore, notAfter) = (try Self.time(validity[0]), try Self.time(validity[1]))
        _ = try body.next(DERElement.Tag.sequence, "subject")
        let key = try body.next(DERElement.Tag.sequence, "public key").children()
        guard key.count == 2, key[1].tag == DERElement.Tag.bitString else { throw DERError("public key expected") }
        publicKey = Array(key[1].content.bytes().dropFirst())
    }

    /// UTCTime has a year of two digits, of which 50 and up are the last century's.
    private static func time(_ element: DERElement) throws(DERError) -> String {
        let (utcTime, generalizedTime): (UInt8, UInt8) = (0x17, 0x18)
        var digits = String(decoding: element.content.bytes(), as: UTF8.self)
        if element.tag == utcTime { digits = (digits < "50" ? "20" : "19") + digits }
        guard element.tag == utcTime || element.tag == generalizedTime, digits.utf8.count == 15, digits.hasSuffix("Z"),
            digits.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else { throw DERError("time expected") }
        var rest = digits[...]
        func take(_ count: Int) -> Substring {
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        return "\(take(4))-\(take(2))-\(take(2))T\(take(2)):\(take(2)):\(take(2))Z"
    }
}
