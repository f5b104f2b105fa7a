@testable internal import ProviderCore

/// Certificates and their files.
let certificateTargets = [
    FuzzTarget("pkcs12", 8192) { bytes in
        let file = SecretBytes(copying: bytes)
        for password in [nil, SecretBytes(""), SecretBytes(marker)] {
            do throws(DERError) {
                let bundle = try PKCS12.open(file, password: password)
                require(bundle.keys.reduce(0) { $0 + $1.count } <= bytes.count * 8, "keys out of nothing")
                require(
                    bundle.certificates.reduce(0) { $0 + $1.count } <= bytes.count * 8, "certificates out of nothing")
                for key in bundle.keys { _ = try? PrivateKeyInfo.canonical(key) }
            } catch {
                requireDiscreet(error)
            }
        }
    },
    FuzzTarget("certificates", 8192) { bytes in
        // Certificates one after another, as long as they are complete elements.
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
            require(fields.notBefore.utf8.count == 20 && fields.notAfter.utf8.count == 20, "strange times")
        }
        guard let ordered = try? CertificateChain.ordered(certificates) else { return }
        func sorted(_ certificates: [SecretBytes]) -> [[UInt8]] {
            certificates.map(\.shown).sorted { $0.lexicographicallyPrecedes($1) }
        }
        require(sorted(ordered) == sorted(certificates), "ordering a chain loses certificates")
    },
]
