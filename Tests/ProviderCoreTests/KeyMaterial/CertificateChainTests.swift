import Crypto
import Foundation
import KeyMaterial
import SecretMemory
import SwiftASN1
import Testing
import X509

@Suite("CertificateChain")
struct CertificateChainTests {
    /// A root, two intermediates below each other, and the leaf of the lower one.
    private struct Certificates {
        var root: SecretBytes
        var upper: SecretBytes
        var lower: SecretBytes
        var leaf: SecretBytes
        var unrelated: SecretBytes

        /// A leaf does not need a subject key identifier, because no certificate refers to it.
        init(leafHasIdentifier: Bool) throws {
            let keys = (0..<5).map { _ in Certificate.PrivateKey(P256.Signing.PrivateKey()) }
            func make(_ subject: Int, _ issuer: Int, identified: Bool = true) throws -> SecretBytes {
                let certificate = try Certificate(
                    version: .v3, serialNumber: .init(), publicKey: keys[subject].publicKey,
                    notValidBefore: Date() - 3600, notValidAfter: Date() + 3600,
                    // All certificates have one name, so that a sort by names would be wrong.
                    issuer: try DistinguishedName { CommonName("one name") },
                    subject: try DistinguishedName { CommonName("one name") },
                    signatureAlgorithm: .ecdsaWithSHA256,
                    extensions: try Certificate.Extensions {
                        AuthorityKeyIdentifier(
                            keyIdentifier: SubjectKeyIdentifier(hash: keys[issuer].publicKey).keyIdentifier)
                        if identified { SubjectKeyIdentifier(hash: keys[subject].publicKey) }
                    },
                    issuerPrivateKey: keys[issuer])
                var serializer = DER.Serializer()
                try serializer.serialize(certificate)
                return SecretBytes(serializer.serializedBytes)
            }
            root = try make(0, 0)
            upper = try make(1, 0)
            lower = try make(2, 1)
            leaf = try make(3, 2, identified: leafHasIdentifier)
            unrelated = try make(4, 4)
        }
    }

    private static func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    /// The positions in `chain` of its certificates after sorting them from the order `permutation`.
    private static func ordered(_ chain: [SecretBytes], _ permutation: [Int]) throws -> [Int?] {
        let result = try CertificateChain.ordered(permutation.map { chain[$0] })
        return result.map { certificate in chain.firstIndex { $0.hasSameBytes(as: certificate) } }
    }

    @Test(
        "Root, intermediate and server are sorted leaf first, from all six orders", arguments: permutations([0, 1, 2]))
    func three(permutation: [Int]) throws {
        let certificates = try Certificates(leafHasIdentifier: true)
        // The usage of a certificate does not matter: the lower intermediate takes the role of the server.
        let chain = [certificates.lower, certificates.upper, certificates.root]
        #expect(try Self.ordered(chain, permutation) == [0, 1, 2])
    }

    @Test(
        "Two intermediates are sorted below their leaf, with and without a subject key identifier",
        arguments: permutations([0, 1, 2, 3]), [true, false])
    func four(permutation: [Int], leafHasIdentifier: Bool) throws {
        let certificates = try Certificates(leafHasIdentifier: leafHasIdentifier)
        let chain = [certificates.leaf, certificates.lower, certificates.upper, certificates.root]
        #expect(try Self.ordered(chain, permutation) == [0, 1, 2, 3])
    }

    @Test("A chain may lack its root", arguments: permutations([0, 1, 2]))
    func rootless(permutation: [Int]) throws {
        let certificates = try Certificates(leafHasIdentifier: false)
        let chain = [certificates.leaf, certificates.lower, certificates.upper]
        #expect(try Self.ordered(chain, permutation) == [0, 1, 2])
    }

    @Test(
        "If an intermediate is missing, the order of the file is kept", arguments: permutations([0, 1, 2]),
        [true, false])
    func gap(permutation: [Int], upperIsMissing: Bool) throws {
        let certificates = try Certificates(leafHasIdentifier: false)
        let middle = upperIsMissing ? certificates.lower : certificates.upper
        #expect(try Self.ordered([certificates.leaf, middle, certificates.root], permutation) == permutation)
    }

    @Test("If a certificate is unrelated, the order of the file is kept", arguments: permutations([0, 1, 2]))
    func unrelated(permutation: [Int]) throws {
        let certificates = try Certificates(leafHasIdentifier: true)
        #expect(
            try Self.ordered([certificates.leaf, certificates.lower, certificates.unrelated], permutation)
                == permutation)
    }

    @Test("One certificate is a chain, and an empty list does not have a leaf")
    func few() throws {
        let certificates = try Certificates(leafHasIdentifier: false)
        #expect(try Self.ordered([certificates.leaf], [0]) == [0])
        #expect(try Self.ordered([certificates.root], [0]) == [0])
        #expect(throws: DERError("no leaf found")) { try CertificateChain.ordered([]) }
    }
}
