internal import Documents
package import SecretMemory

/// The claims of a token, read without verification; only Entra can verify it. They are used to refuse tokens that
/// cannot work, and to show the presented token's claims when Entra refuses it.
package struct TokenClaims: Sendable {
    package var issuer: String?
    package var subject: String?
    package var audiences: [String]
    /// Seconds since 1970.
    package var expiry: Int?

    /// Nil when `token` is not a JWT.
    package init?(parsing token: SecretBytes) {
        let payload: SecretBytes? = token.withExposed { bytes in
            let dot = UInt8(ascii: ".")
            guard let first = bytes.firstIndex(of: dot), let last = bytes.lastIndex(of: dot), first < last else {
                return nil
            }
            // A slice would be searched many times more slowly than a buffer.
            let payload = UnsafeRawBufferPointer(rebasing: bytes[(first + 1)..<last])
            guard !payload.contains(dot) else { return nil }
            return Base64.decode(payload, alphabet: .url)
        }
        guard let payload, let object = (try? JSONParser.parse(payload))?.object else { return nil }
        issuer = object["iss"]?.text
        subject = object["sub"]?.text
        audiences = object["aud"]?.array?.compactMap(\.text) ?? object["aud"]?.text.map { [$0] } ?? []
        expiry = object["exp"]?.integer
    }

    /// The claims that decide about federation, for an error's context.
    package var context: [(name: String, value: String)] {
        [
            ("issuer", issuer?.clipped ?? "none"), ("subject", subject?.clipped ?? "none"),
            ("audience", audiences.joined(separator: " ").clipped),
            ("expires", expiry.map(Timestamp.text) ?? "never"),
        ]
    }
}
