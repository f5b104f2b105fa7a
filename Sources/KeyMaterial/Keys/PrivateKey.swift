internal import Budgets
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import SecretMemory

/// An RSA or EC private key, in the formats that programs need.
package struct PrivateKey: Sendable {
    /// The formats of private keys.
    package enum Format: String, Sendable, CaseIterable {
        /// PKCS#8 (RFC 5208) for any algorithm: `PRIVATE KEY`.
        case pkcs8
        /// PKCS#1 (RFC 8017) for RSA only: `RSA PRIVATE KEY`.
        case pkcs1
        /// SEC 1 (RFC 5915) for EC only: `EC PRIVATE KEY`.
        case sec1
    }

    /// The PKCS#8 PrivateKeyInfo, in the single form that the provider writes.
    package let pkcs8: SecretBytes
    package let publicKey: SubjectPublicKey

    /// Reads PKCS#8. Throws if it is malformed, or if the algorithm is not supported.
    package init(pkcs8 key: SecretBytes) throws(DERError) {
        let canonical = try PrivateKeyInfo.canonical(key)
        pkcs8 = canonical
        publicKey = try Self.publicKey(of: canonical)
    }

    /// Reads a PEM block with a private key of any format. Returns nil if the block contains something else.
    package init?(_ block: PEMBlock) throws(DERError) {
        guard block.label.hasSuffix("PRIVATE KEY") else { return nil }
        guard !block.headers.contains(where: { $0.key == "Proc-Type" && $0.value.contains("ENCRYPTED") }),
            block.label != "ENCRYPTED PRIVATE KEY"
        else { throw DERError("the private key is encrypted; store it without a password") }
        switch block.label {
        case "PRIVATE KEY": try self.init(pkcs8: block.der)
        case "RSA PRIVATE KEY":
            try self.init(
                pkcs8: DERWriter.sequence(
                    DERWriter.integer([0]),
                    DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.113549.1.1.1"), DERWriter.null),
                    DERWriter.octetString(block.der)))
        case "EC PRIVATE KEY":
            var reader = try DERElement.parse(block.der).expecting(DERElement.Tag.sequence, "EC key").reader()
            var curve: SecretBytes?
            while !reader.isAtEnd {
                let element = try reader.next()
                if element.tag == DERElement.Tag.context(0) { curve = element.content.copy() }
            }
            guard let curve else { throw DERError("the EC private key does not name its curve") }
            try self.init(
                pkcs8: DERWriter.sequence(
                    DERWriter.integer([0]),
                    DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.10045.2.1"), curve),
                    DERWriter.octetString(block.der)))
        case let label: throw DERError("a private key of the kind \(label.clipped) is not supported")
        }
    }

    /// Returns the key in a format, with its PEM label. Throws if the format is not for the key's algorithm.
    package func block(_ format: Format) throws(DERError) -> PEMBlock {
        let block = PEMBlock(label: "PRIVATE KEY", der: pkcs8)
        switch (format, publicKey) {
        case (.pkcs8, _): return block
        case (.pkcs1, .rsa), (.sec1, .ellipticCurve): return try PrivateKeyInfo.traditional(block)
        case (.pkcs1, _):
            throw DERError("the private key is \(publicKey.kind), and keyFormat pkcs1 is for RSA; use sec1 or pkcs8")
        case (.sec1, _):
            throw DERError("the private key is \(publicKey.kind), and keyFormat sec1 is for EC; use pkcs1 or pkcs8")
        }
    }

    /// Whether the numbers of the key match each other, as far as this can be checked.
    package var isConsistent: Bool {
        switch publicKey {
        case .rsa:
            // None of the linked libraries supports more than two primes.
            if hasMorePrimes { return true }
            guard MountBudget.spend(rsaKeyBytes: pkcs8.count, on: .converting) else { return false }
            let key = try? pkcs8.withExposed { try _RSA.Signing.PrivateKey(unsafeDERRepresentation: Array($0)) }
            return key != nil
        // The public point was computed from the private number, or, on P-256K, cannot be checked.
        default: return true
        }
    }

    private var hasMorePrimes: Bool {
        guard let parts = try? DERElement.parse(pkcs8).children(), parts.count == 3,
            let numbers = try? DERElement.parse(parts[2].content).children()
        else { return false }
        return numbers.count > 9
    }

    /// Reads the public key from PKCS#8 in the form that `PrivateKeyInfo` writes.
    private static func publicKey(of key: SecretBytes) throws(DERError) -> SubjectPublicKey {
        let parts = try DERElement.parse(key).children()
        guard parts.count == 3, let algorithm = try parts[1].children().last else {
            throw DERError("private key expected")
        }
        let inner = try DERElement.parse(parts[2].content).children()
        if algorithm.tag == DERElement.Tag.null {
            guard inner.count >= 9 else { throw DERError("RSA key expected") }
            return .rsa(inner[1].content.bytes(), inner[2].content.bytes())
        }
        guard let curve = EllipticCurve(identifier: try algorithm.objectIdentifier()), let last = inner.last else {
            throw DERError("EC key expected")
        }
        let bits = try DERElement.parse(last.content).expecting(DERElement.Tag.bitString, "public key").content
        return .ellipticCurve(curve, point: Array(bits.bytes().dropFirst()))
    }
}
