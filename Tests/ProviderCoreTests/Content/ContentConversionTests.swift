import Foundation
import KeyMaterial
import ProviderCore
import SecretMemory
import Testing

@Suite("ContentConversion")
struct ContentConversionTests {
    private static func object(
        _ type: KeyVaultObject.ObjectType = .secret, format: KeyVaultObject.Format = .pem,
        encoding: KeyVaultObject.Encoding = .utf8
    ) -> KeyVaultObject {
        var object = KeyVaultObject(name: "n", type: type)
        object.format = format
        object.encoding = encoding
        return object
    }

    private static func bundle(
        _ value: SecretBytes, contentType: String? = nil, isCertificate: Bool = false
    ) -> VaultItem {
        .secret(SecretBundle(value: value, version: "1", contentType: contentType, isCertificate: isCertificate))
    }

    private static func pkcs12(_ file: SecretBytes) -> VaultItem {
        bundle(
            SecretBytes(Data(file.exposedBytes).base64EncodedString()), contentType: "application/x-pkcs12",
            isCertificate: true)
    }

    private static func pem(_ label: String, _ der: [UInt8]) -> String {
        PEMBlock.text(of: [PEMBlock(label: label, der: SecretBytes(der))]).exposedText
    }

    @Test("A PKCS#12 file becomes its key as PKCS#8, then its certificates", arguments: TestKeys.Key.allCases)
    func keyFirst(kind: TestKeys.Key) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[kind])
        let chain = [leaf, material.intermediate, material.root]
        let files = try ContentConversion().files(
            for: Self.pkcs12(try material.pkcs12(key: kind, certificates: chain)), object: Self.object())
        let expected =
            Self.pem("PRIVATE KEY", try material.canonical(kind))
            + chain.map { String(decoding: $0, as: UTF8.self) }.joined()
        #expect(files.map(\.suffix) == [""])
        #expect(files.map(\.contents.exposedText) == [expected])
    }

    @Test(
        "The certificates are sorted leaf, intermediate, root, whatever their order in the file",
        arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func ordered(permutation: [Int]) throws {
        let material = try TestKeys.shared.get()
        let chain = try [try #require(material.leaves[.rsa]), material.intermediate, material.root].map(TestKeys.der)
        let shuffled = permutation.map { SecretBytes(chain[$0]) }
        #expect(try CertificateChain.ordered(shuffled).map(\.exposedBytes) == chain)
    }

    @Test("Certificates that do not form a single chain keep their order")
    func unordered() throws {
        let material = try TestKeys.shared.get()
        let leaf = try TestKeys.der(try #require(material.leaves[.rsa]))
        let other = try TestKeys.der(try #require(material.leaves[.p256]))
        let (intermediate, root) = (try TestKeys.der(material.intermediate), try TestKeys.der(material.root))
        for certificates in [[root, leaf], [leaf, root], [root, intermediate, leaf, other], [leaf, other], [root]] {
            #expect(
                try CertificateChain.ordered(certificates.map { SecretBytes($0) }).map(\.exposedBytes) == certificates)
        }
    }

    @Test("Certificates without a leaf do not form a chain, as in upstream")
    func noLeaf() throws {
        #expect(throws: DERError("no leaf found")) { try CertificateChain.ordered([]) }
        let material = try TestKeys.shared.get()
        let item = Self.pkcs12(try material.pkcs12(key: .p256, certificates: []))
        let error = #expect(throws: ProviderError.self) {
            try ContentConversion().files(for: item, object: Self.object())
        }
        #expect(error?.message == "failed to get objectType:secret, objectName:n, objectVersion:: no leaf found")
        let files = try ContentConversion(constructsChain: false).files(for: item, object: Self.object())
        let expected = Self.pem("PRIVATE KEY", try material.canonical(.p256))
        #expect(files.map(\.contents.exposedText) == [expected])
    }

    @Test("Without chain construction, the certificates keep the order of the file")
    func withoutChain() throws {
        let material = try TestKeys.shared.get()
        let file = try material.pkcs12(key: nil, certificates: [material.root, material.intermediate])
        let files = try ContentConversion(constructsChain: false).files(for: Self.pkcs12(file), object: Self.object())
        #expect(
            files.first?.contents.exposedText == String(decoding: material.root + material.intermediate, as: UTF8.self))
    }

    @Test("A PKCS#12 file that is requested as such is returned as its text, or decoded with base64")
    func passthrough() throws {
        let material = try TestKeys.shared.get()
        let file = try material.pkcs12(key: .p256, certificates: [try #require(material.leaves[.p256])])
        let item = Self.pkcs12(file)
        let text = try ContentConversion().files(for: item, object: Self.object(format: .pfx))
        #expect(text.map(\.contents.exposedText) == [Data(file.exposedBytes).base64EncodedString()])
        let decoded = try ContentConversion().files(for: item, object: Self.object(format: .pfx, encoding: .base64))
        #expect(decoded.map(\.contents.exposedBytes) == [file.exposedBytes])
        let separate = try ContentConversion(separatesCertificateAndKey: true)
            .files(for: item, object: Self.object(format: .pfx))
        #expect(separate.map(\.suffix) == [".crt", ".key", ""])
        #expect(separate.prefix(2).map(\.contents.count) == [0, 0])
    }

    @Test("Certificate and key can also be written to separate files")
    func separateFiles() throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.p256])
        let file = try material.pkcs12(key: .p256, certificates: [leaf, material.intermediate, material.root])
        let files = try ContentConversion(separatesCertificateAndKey: true)
            .files(for: Self.pkcs12(file), object: Self.object())
        let certificates = String(decoding: leaf + material.intermediate + material.root, as: UTF8.self)
        let key = Self.pem("PRIVATE KEY", try material.canonical(.p256))
        #expect(files.map(\.suffix) == [".crt", ".key", ""])
        #expect(files.map(\.contents.exposedText) == [certificates, key, key + certificates])
    }

    @Test("A PEM certificate is returned unchanged in any format, and is split with its headers")
    func pemCertificate() throws {
        let text =
            "note\n-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"
            + "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x\nProc-Type: 4,ENCRYPTED\n\nYmFy\n-----END RSA PRIVATE KEY-----"
        let item = Self.bundle(SecretBytes(text), contentType: "application/x-pem-file", isCertificate: true)
        for format in [KeyVaultObject.Format.pem, .pfx] {
            let files = try ContentConversion().files(for: item, object: Self.object(format: format))
            #expect(files.map(\.contents.exposedText) == [text])
        }
        let split = try ContentConversion(separatesCertificateAndKey: true).files(for: item, object: Self.object())
        #expect(
            split.map(\.contents.exposedText) == [
                "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nYmFy\n-----END RSA PRIVATE KEY-----\n",
                text,
            ])
    }

    @Test("An unknown content type of a certificate is refused with upstream's phrase", arguments: ["text/plain", nil])
    func unknownContentType(contentType: String?) {
        let item = Self.bundle(SecretBytes("x"), contentType: contentType, isCertificate: true)
        let error = #expect(throws: ProviderError.self) {
            try ContentConversion().files(for: item, object: Self.object())
        }
        #expect(error?.code == .contentInvalid)
        #expect(
            error?.message == "failed to get objectType:secret, objectName:n, objectVersion:: "
                + "failed to get certificate. unknown content type '\(contentType ?? "")'")
    }

    @Test("Invalid base64 or an invalid file instead of PKCS#12 is refused", arguments: ["", "!!", "Zm9v"])
    func badPKCS12(value: String) {
        let item = Self.bundle(SecretBytes(value), contentType: "application/x-pkcs12", isCertificate: true)
        #expect(throws: ProviderError.self) { try ContentConversion().files(for: item, object: Self.object()) }
    }

    @Test(
        "A plain secret is decoded as requested, whatever its content type",
        arguments: [
            (.utf8, "Zm9v\n", "Zm9v\n"), (.base64, "Zm9v\r\n", "foo"), (.hex, "666F6f", "foo"), (.utf8, "", ""),
            (.base64, "", ""),
        ] as [(KeyVaultObject.Encoding, String, String)])
    func encodings(encoding: KeyVaultObject.Encoding, value: String, expected: String) throws {
        for contentType in [nil, "application/x-pkcs12", "application/x-pem-file", "x"] {
            // Only certificates are split.
            let files = try ContentConversion(separatesCertificateAndKey: true).files(
                for: Self.bundle(SecretBytes(value), contentType: contentType), object: Self.object(encoding: encoding))
            #expect(files.map(\.suffix) == [""])
            #expect(files.map(\.contents.exposedText) == [expected])
        }
    }

    @Test("A certificate object becomes its one certificate in PEM")
    func certificateObject() throws {
        let material = try TestKeys.shared.get()
        let item = VaultItem.certificate(der: SecretBytes(try TestKeys.der(material.root)), version: "1")
        let files = try ContentConversion(separatesCertificateAndKey: true).files(
            for: item, object: Self.object(.certificate))
        #expect(files.map(\.contents.exposedBytes) == [material.root])
    }
}
