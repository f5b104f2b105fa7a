package import SecretMemory

extension PublicKey {
    /// The formats of public keys.
    package enum Format: String, Sendable, CaseIterable {
        /// A SubjectPublicKeyInfo as a PEM block `PUBLIC KEY`.
        case pem
        /// A SubjectPublicKeyInfo in DER.
        case der
        /// A JSON Web Key (RFC 7517).
        case jwk
        /// A line of an `authorized_keys` file (RFC 4253 and 5656).
        case openssh
    }

    /// Returns the key as a file. `comment` is the comment of an OpenSSH line.
    package func file(_ format: Format, comment: String) throws(DERError) -> SecretBytes {
        switch format {
        case .pem: return try pem()
        case .der: return try subjectPublicKeyInfo()
        case .jwk: return SecretBytes(try jwk())
        case .openssh: return SecretBytes(try openSSHLine(comment: comment))
        }
    }

    /// Returns only the required members, in the order of RFC 7638, so that the SHA-256 of the file is the key's
    /// thumbprint.
    func jwk() throws(DERError) -> String {
        func text(_ bytes: [UInt8]) -> String {
            var encoded = SecretBytesBuilder(capacity: bytes.count / 3 * 4 + 4)
            SecretBytes(bytes).withExposed { Base64.encodeURL($0, into: &encoded) }
            return "\"" + encoded.finish().withExposed { String(decoding: $0, as: UTF8.self) } + "\""
        }
        switch try SubjectPublicKey(self) {
        case .rsa(let modulus, let exponent): return #"{"e":\#(text(exponent)),"kty":"RSA","n":\#(text(modulus))}"#
        case .ellipticCurve(let curve, let point):
            let length = curve.coordinateLength
            // RFC 8812 has another name for the curve.
            let name = curve == .p256k ? "secp256k1" : curve.rawValue
            let (x, y) = (text(Array(point[1...length])), text(Array(point[(length + 1)...])))
            return #"{"crv":"\#(name)","kty":"EC","x":\#(x),"y":\#(y)}"#
        case .ed25519, .other: throw DERError("this key cannot be written as a JSON Web Key")
        }
    }

    private func openSSHLine(comment: String) throws(DERError) -> String {
        var blob: [UInt8] = []
        func add(_ bytes: some Collection<UInt8>) {
            blob += withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
        }
        /// Adds a number as a non-negative one.
        func addNumber(_ magnitude: [UInt8]) { add((magnitude.first ?? 0) & 0x80 == 0 ? magnitude : [0] + magnitude) }

        let type: String
        switch try SubjectPublicKey(self) {
        case .rsa(let modulus, let exponent):
            type = "ssh-rsa"
            add(type.utf8)
            addNumber(exponent)
            addNumber(modulus)
        case .ellipticCurve(let curve, let point):
            let names: [EllipticCurve: String] = [.p256: "nistp256", .p384: "nistp384", .p521: "nistp521"]
            guard let name = names[curve] else {
                throw DERError("OpenSSH has no keys on the curve \(curve.rawValue); choose another publicKeyFormat")
            }
            type = "ecdsa-sha2-\(name)"
            add(type.utf8)
            add(name.utf8)
            add(point)
        case .ed25519, .other: throw DERError("this key cannot be written as an OpenSSH line")
        }
        var encoded = SecretBytesBuilder(capacity: blob.count / 3 * 4 + 4)
        SecretBytes(blob).withExposed { Base64.encode($0, into: &encoded) }
        let text = encoded.finish().withExposed { String(decoding: $0, as: UTF8.self) }
        // A line break in the comment would begin another line, which would be another key.
        let line = String(comment.unicodeScalars.filter { $0 != " " && !ASCII.isControl($0) })
        return line.isEmpty ? "\(type) \(text)\n" : "\(type) \(text) \(line)\n"
    }
}

extension SubjectPublicKey {
    /// Creates the key from the vault's description of a key.
    init(_ key: PublicKey) throws(DERError) {
        let parts = try DERElement.parse(try key.subjectPublicKeyInfo()).children()
        guard parts.count == 2 else { throw DERError("public key expected") }
        try self.init(algorithm: parts[0], bits: Array(parts[1].content.bytes().dropFirst()))
    }
}
