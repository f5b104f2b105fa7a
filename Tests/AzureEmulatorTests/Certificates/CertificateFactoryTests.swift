import Foundation
import SwiftASN1
import Testing
import X509

@testable import AzureEmulator

@Suite("Issued certificates")
struct CertificateFactoryTests {
    private static let now = EmulatorClock.frozen().now

    private static func issue(chain: Int = 1, months: Int = 12) throws -> IssuedCertificate {
        try CertificateFactory.issue(
            .init(subject: "CN=shop.example", type: "EC", chainLength: chain, months: months), now: now)
    }

    @Test("A chain has the requested length, and each certificate is signed by the next one", arguments: 1...3)
    func chain(length: Int) throws {
        let certificates = try Self.issue(chain: length).chain.map { try Certificate(derEncoded: $0) }
        #expect(certificates.count == length)
        for (index, certificate) in certificates.enumerated() {
            let issuer = certificates[min(index + 1, length - 1)]
            #expect(certificate.issuer == issuer.subject)
            #expect(issuer.publicKey.isValidSignature(certificate.signature, for: certificate))
        }
    }

    @Test("A certificate is valid for the months that the policy asks for")
    func lifetime() throws {
        let leaf = try Self.issue(months: 24).leaf()
        #expect(leaf.notValidAfter == Self.now.addingTimeInterval(730 * 86_400))
        #expect(leaf.notValidBefore <= Self.now)
    }

    @Test("The vault's value contains the key only if the policy lets it be exported", arguments: [true, false])
    func exportable(isExportable: Bool) throws {
        var policy = CertificatePolicy()
        policy.keyProperties = .init(exportable: isExportable)
        policy.secretProperties = .init(contentType: CertificatePolicy.pem)
        let parts = try CertificateParts(try Self.issue(), .init(policy: policy), now: Self.now)
        guard case .secret(let value, _, true) = parts.versions[1].version.content else {
            Issue.record("the second part is not a secret")
            return
        }
        #expect(value.contains("-----BEGIN PRIVATE KEY-----") == isExportable)
        #expect(value.contains("-----BEGIN CERTIFICATE-----"))
    }

    @Test("A PKCS#12 file in each style is imported with its key and its whole chain")
    func pkcs12() throws {
        let issued = try Self.issue(chain: 3)
        for style in [IssuedCertificate.PKCS12Style.keyVault, .modern] {
            let file = Data(try issued.pkcs12(style: style, withKey: true)).base64EncodedString()
            let imported = try ImportedCertificate.read(file, password: nil, isPEM: false)
            #expect(imported.key.publicJWK == issued.key.publicJWK)
            #expect(Set(imported.chain) == Set(issued.chain))
            #expect(imported.chain[0] == issued.chain[0])
        }
    }

    @Test("PEM is imported in any order, and the certificate of the key comes first")
    func pem() throws {
        let issued = try Self.issue(chain: 2)
        let reversed = issued.chain.reversed().map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }
        let text = reversed.joined() + issued.key.pem
        #expect(try ImportedCertificate.read(text, password: nil, isPEM: true).chain == issued.chain)
        let encoded = Data(text.utf8).base64EncodedString()
        #expect(try ImportedCertificate.read(encoded, password: nil, isPEM: true).chain == issued.chain)
    }

    @Test("Invalid input for an import is refused with the reason")
    func importErrors() throws {
        let issued = try Self.issue()
        let other = try Self.issue()
        let file = Data(try issued.pkcs12(style: .modern, withKey: true)).base64EncodedString()
        let keyless = Data(try issued.pkcs12(style: .modern, withKey: false)).base64EncodedString()
        let cases: [(text: String, password: String?, isPEM: Bool, reason: String)] = [
            (issued.chainPEM, nil, true, "no private key"),
            (issued.key.pem + other.chainPEM, nil, true, "None of the certificates belongs"),
            (issued.key.pem + issued.chainPEM, nil, false, "PKCS#12"), (file, "wrong", false, "PKCS#12"),
            (keyless, nil, false, "PKCS#12"), ("not base64!", nil, false, "PKCS#12"),
            (file, nil, true, "no private key"),
        ]
        for (text, password, isPEM, reason) in cases {
            let error = try #require(throws: CertificateInputError.self) {
                try ImportedCertificate.read(text, password: password, isPEM: isPEM)
            }
            #expect(error.description.contains(reason))
        }
    }
}

@Suite("A vault's keys")
struct JSONWebKeyTests {
    @Test(
        "An elliptic curve key has the coordinates of its curve", arguments: zip(JSONWebKey.curves, [32, 48, 66, 32]))
    func curves(curve: String, bytes: Int) throws {
        for type in ["EC", "EC-HSM"] {
            let key = try JSONWebKey.generate(type: type, curve: curve).members
            #expect(key["kty"] == type)
            #expect(key["crv"] == curve)
            for member in ["x", "y"] { #expect(key[member].flatMap { Data(base64URL: $0) }?.count == bytes) }
        }
    }

    @Test("An RSA key has the requested size")
    func rsa() throws {
        let key = try JSONWebKey.generate(type: "RSA-HSM").members
        #expect(key["kty"] == "RSA-HSM")
        #expect(JSONWebKey.bits(of: key) == 2048)
    }

    @Test(
        "Other types, curves and sizes are refused",
        arguments: [("oct", nil, nil), ("RSA", nil, 1024), ("EC", "P-192", nil)] as [(String, String?, Int?)])
    func errors(type: String, curve: String?, size: Int?) {
        #expect(throws: CertificateInputError.self) { try JSONWebKey.generate(type: type, curve: curve, size: size) }
    }
}
