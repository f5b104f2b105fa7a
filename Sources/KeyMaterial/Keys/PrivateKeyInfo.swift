internal import Budgets
internal import Crypto
internal import FoundationEssentials
package import SecretMemory

/// Converts private keys to the single PKCS#8 form that upstream (Go's crypto/x509) writes: without attributes, and
/// with the public key for elliptic curves.
package enum PrivateKeyInfo {
    private static let rsa = "1.2.840.113549.1.1.1"
    private static let ellipticCurve = "1.2.840.10045.2.1"
    private static let failure = "failed to parse key for type pkcs1, pkcs8 or ec"

    /// Returns the canonical form of `key`, a PKCS#8 PrivateKeyInfo.
    package static func canonical(_ key: SecretBytes) throws(DERError) -> SecretBytes {
        var reader = try DERElement.parse(key).expecting(DERElement.Tag.sequence, "private key").reader()
        _ = try reader.next(DERElement.Tag.integer, "version")
        var algorithm = try reader.next(DERElement.Tag.sequence, "key algorithm").reader()
        let inner = try reader.next(DERElement.Tag.octetString, "key").content
        switch try algorithm.next().objectIdentifier() {
        case rsa:
            return DERWriter.sequence(
                DERWriter.integer([0]),
                DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.113549.1.1.1"), DERWriter.null),
                DERWriter.octetString(try rsaKey(inner)))
        case ellipticCurve:
            let name = try algorithm.next()
            let curve = try name.objectIdentifier()
            return DERWriter.sequence(
                DERWriter.integer([0]),
                DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.10045.2.1"), name.encoding.copy()),
                DERWriter.octetString(try ecKey(inner, curve: curve)))
        case let other:
            throw DERError("\(failure): algorithm \(other) is not supported")
        }
    }

    /// Returns a key block in the older format of its algorithm, `RSA PRIVATE KEY` or `EC PRIVATE KEY`, which the
    /// driver writes into TLS Secrets.
    package static func traditional(_ block: PEMBlock) throws(DERError) -> PEMBlock {
        if block.label == "RSA PRIVATE KEY" || block.label == "EC PRIVATE KEY" { return block }
        var reader = try DERElement.parse(block.der).expecting(DERElement.Tag.sequence, "private key").reader()
        _ = try reader.next(DERElement.Tag.integer, "version")
        var algorithm = try reader.next(DERElement.Tag.sequence, "key algorithm").reader()
        let inner = try reader.next(DERElement.Tag.octetString, "key").content
        switch try algorithm.next().objectIdentifier() {
        case rsa: return PEMBlock(label: "RSA PRIVATE KEY", der: try rsaKey(inner))
        case ellipticCurve:
            let name = try algorithm.next()
            let key = try ecKey(inner, curve: try name.objectIdentifier(), naming: name.encoding.copy())
            return PEMBlock(label: "EC PRIVATE KEY", der: key)
        case let other: throw DERError("keys of algorithm \(other) cannot be synced to a TLS secret")
        }
    }

    /// Returns an RSAPrivateKey (RFC 8017) after checking the form of its nine integers, and of three more for each
    /// prime above two.
    private static func rsaKey(_ slice: SecretSlice) throws(DERError) -> SecretBytes {
        let numbers = try DERElement.parse(slice).expecting(DERElement.Tag.sequence, "RSA key").children()
        guard numbers.count == 9 || numbers.count == 10 else { throw DERError(failure) }
        var parts = try integers(Array(numbers.prefix(9)))
        if numbers.count == 10 {
            let primes = try numbers[9].expecting(DERElement.Tag.sequence, "other primes").children()
            var encoded: [SecretBytes] = []
            for prime in primes {
                let values = try prime.expecting(DERElement.Tag.sequence, "prime").children()
                guard values.count == 3 else { throw DERError(failure) }
                encoded.append(DERWriter.element(DERElement.Tag.sequence, try integers(values)))
            }
            guard !encoded.isEmpty else { throw DERError(failure) }
            parts.append(DERWriter.element(DERElement.Tag.sequence, encoded))
        }
        return DERWriter.element(DERElement.Tag.sequence, parts)
    }

    private static func integers(_ elements: [DERElement]) throws(DERError) -> [SecretBytes] {
        guard elements.allSatisfy({ $0.tag == DERElement.Tag.integer }) else { throw DERError(failure) }
        return elements.map { number in number.content.withExposed { DERWriter.integer(Array($0)) } }
    }

    /// Returns an ECPrivateKey (RFC 5915). It names the curve only if no outer structure does.
    private static func ecKey(
        _ slice: SecretSlice, curve: String, naming name: SecretBytes? = nil
    ) throws(DERError) -> SecretBytes {
        var reader = try DERElement.parse(slice).expecting(DERElement.Tag.sequence, "EC key").reader()
        _ = try reader.next(DERElement.Tag.integer, "version")
        let scalar = try reader.next(DERElement.Tag.octetString, "EC private key").content.copy()
        var point: SecretBytes?
        while !reader.isAtEnd {
            let element = try reader.next()
            if element.tag == DERElement.Tag.context(1) {
                let bits = try DERElement.parse(element.content).expecting(DERElement.Tag.bitString, "public key")
                    .content
                guard bits.count > 1 else { throw DERError(failure) }
                point = SecretBytes(bits.bytes().dropFirst())
            }
        }
        guard let curve = EllipticCurve(identifier: curve) else {
            throw DERError("\(failure): curve \(curve) is not supported")
        }
        let padded = try padded(scalar, to: curve.coordinateLength)
        guard MountBudget.spend(publicPointOn: curve) else { throw DERError("the EC key takes too long to convert") }
        let publicKey = curve.publicKey(for: padded) ?? point
        guard let publicKey else { throw DERError(failure) }
        // A point that is computed from the private number is on the curve, but a stated one may not be.
        if !curve.contains(publicKey.withExposed { Array($0) }) {
            throw DERError("the EC key's point is not on the curve \(curve.rawValue)")
        }
        let parameters = name.map { [DERWriter.element(DERElement.Tag.context(0), [$0])] } ?? []
        return DERWriter.element(
            DERElement.Tag.sequence,
            [DERWriter.integer([1]), DERWriter.octetString(padded)] + parameters
                + [DERWriter.element(DERElement.Tag.context(1), [DERWriter.bitString(publicKey)])])
    }

    private static func padded(_ scalar: SecretBytes, to length: Int) throws(DERError) -> SecretBytes {
        try scalar.withExposed { bytes throws(DERError) in
            let digits = bytes.drop { $0 == 0 }
            guard digits.count <= length else { throw DERError(failure) }
            var builder = SecretBytesBuilder(capacity: length)
            for _ in digits.count..<length { builder.append(0) }
            builder.append(UnsafeRawBufferPointer(rebasing: digits))
            return builder.finish()
        }
    }
}

extension EllipticCurve {
    /// Returns the uncompressed point of a private number, or nil if no linked library supports the curve.
    fileprivate func publicKey(for scalar: SecretBytes) -> SecretBytes? {
        scalar.withExposed { bytes in
            switch self {
            case .p256:
                (try? P256.Signing.PrivateKey(rawRepresentation: Array(bytes)))
                    .map { SecretBytes($0.publicKey.x963Representation) }
            case .p384:
                (try? P384.Signing.PrivateKey(rawRepresentation: Array(bytes)))
                    .map { SecretBytes($0.publicKey.x963Representation) }
            case .p521:
                (try? P521.Signing.PrivateKey(rawRepresentation: Array(bytes)))
                    .map { SecretBytes($0.publicKey.x963Representation) }
            case .p256k: nil
            }
        }
    }
}
