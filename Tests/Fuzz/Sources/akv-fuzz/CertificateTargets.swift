internal import SecretMemory

@testable internal import KeyMaterial

/// PKCS#12 files, certificate chains and certificate bundles.
let certificateTargets = [
    FuzzTarget("pkcs12", 8192) { bytes in
        let file = SecretBytes(copying: bytes)
        for password in [nil, SecretBytes(""), SecretBytes(marker)] {
            do throws(DERError) {
                let bundle = try PKCS12.open(file, password: password)
                require(bundle.keys.reduce(0) { $0 + $1.count } <= bytes.count * 8, "more bytes of keys than of input")
                require(
                    bundle.certificates.reduce(0) { $0 + $1.count } <= bytes.count * 8,
                    "more bytes of certificates than of input")
                for key in bundle.keys { _ = try? PrivateKeyInfo.canonical(key) }
            } catch {
                requireDiscreet(error)
            }
        }
    },
    FuzzTarget("certificates", 8192) { bytes in
        // Certificates one after another, up to the first incomplete element.
        var certificates: [SecretBytes] = []
        let whole = DERElement(
            tag: DERElement.Tag.sequence, content: SecretSlice(SecretBytes(copying: bytes)),
            encoding: SecretSlice(SecretBytes(copying: bytes)))
        var reader = whole.reader()
        while !reader.isAtEnd, certificates.count < 50, let element = try? reader.next() {
            certificates.append(element.encoding.copy())
        }
        for certificate in certificates {
            guard let fields = try? X509Fields(certificate) else { continue }
            require(
                fields.notBefore.utf8.count == 20 && fields.notAfter.utf8.count == 20,
                "a timestamp is not 20 bytes long")
        }
        guard let ordered = try? CertificateChain.ordered(certificates) else { return }
        func sorted(_ certificates: [SecretBytes]) -> [[UInt8]] {
            certificates.map(\.shown).sorted { $0.lexicographicallyPrecedes($1) }
        }
        require(sorted(ordered) == sorted(certificates), "ordering a chain loses certificates")
    },
    FuzzTarget("certificate-bundle", 8192) { bytes in
        do throws(DERError) {
            try checkBundle(try CertificateBundle(SecretBytes(copying: bytes), contentType: nil))
        } catch {
            require(!error.reason.isEmpty, "an error without a reason")
        }
    },
]

/// Checks that the parts and the key stores of a bundle contain its key and certificates unchanged.
private func checkBundle(_ bundle: CertificateBundle) throws(DERError) {
    for problem in bundle.problems() { require(!problem.isEmpty, "a problem without a description") }
    let all = (bundle.chain + bundle.extras).map(\.der.shown)
    require(Set(all).count == all.count, "a certificate occurs twice")
    for part in CertificatePart.allCases {
        for block in (try? bundle.blocks(of: part)) ?? [] {
            require(
                !block.isCertificate || all.contains(block.der.shown),
                "a part has a certificate that the bundle does not have")
        }
    }
    guard let key = bundle.key else { return }
    for format in PrivateKey.Format.allCases {
        guard let block = try? key.block(format) else { continue }
        require((try? PrivateKey(block))??.publicKey == key.publicKey, "a key changes when it is written as \(format)")
    }
    let password = SecretBytes(marker)
    let store = try Keystore.key(of: bundle, alias: "alias")
    let checked = try KeystorePassword(password)
    let jks = try JKSWriter.file(store, password: checked, version: "1").shown
    let integrity = JKSWriter.integrity(of: SecretBytes(jks.dropLast(20)), password: checked)
    require(Array(jks.suffix(20)) == integrity, "a JKS file does not end with its digest")
    let file = try PKCS12Writer.file(store, password: checked, profile: .legacy, version: "1")
    let opened = try? PKCS12.open(file, password: password)
    require(opened?.keys.map(\.shown) == [key.pkcs8.shown], "the key store has a different key")
    require(opened?.certificates.map(\.shown) == bundle.chain.map(\.der.shown), "the key store has a different chain")
}
