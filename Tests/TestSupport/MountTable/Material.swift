internal import Foundation
internal import Synchronization

/// Keys, certificates and PKCS#12 files that OpenSSL creates for this run. OpenSSL also writes the expected results, so
/// the table compares our bytes with those of another writer.
///
/// A name says what a text is:
/// * `rsa.key`, `p256.key`, `p384.key`, `p521.key`, `k256.key`: a private key as PKCS#8; with `.traditional`
///   at the end in the older form of its algorithm, with `.pub` instead of `.key` the public key;
/// * `rsa.n`, `p256.x`, `p256.y`, …: a JSON Web Key's members;
/// * `rsa.crt`, `p256.crt`, `intermediate.crt`, `root.crt`, `other.crt`: a certificate; the first two are
///   leaves below the intermediate, the last is self-signed. With `.cer` the same as DER in base64;
/// * `pfx KEY CERTIFICATE,CERTIFICATE OPTION=VALUE…`: a PKCS#12 file in base64, `-` for no key or certificate;
/// * `2 MiB`: text of that size.
package final class Material: Sendable {
    package static let shared = Result { try Material() }

    private static let curves = ["p256": "P-256", "p384": "P-384", "p521": "P-521", "k256": "secp256k1"]
    private let directory: TemporaryDirectory
    private let cache = Mutex<[String: String]>([:])

    private init() throws {
        directory = try TemporaryDirectory()
        try genpkey("rsa", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        for (name, curve) in Self.curves { try genpkey(name, ["EC", "-pkeyopt", "ec_paramgen_curve:\(curve)"]) }
        for name in ["root", "intermediate", "other"] {
            try genpkey(name, ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        }
        let identifiers = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        try directory.write(("basicConstraints=critical,CA:TRUE\n" + identifiers).utf8, to: "ca.ext")
        try directory.write(identifiers.utf8, to: "leaf.ext")
        try certificate("root", "ca.ext", issuer: nil)
        try certificate("other", "leaf.ext", issuer: nil)
        try certificate("intermediate", "ca.ext", issuer: "root")
        for name in ["rsa", "p256"] { try certificate(name, "leaf.ext", issuer: "intermediate") }
    }

    package func text(_ name: String) throws -> String {
        if let known = cache.withLock({ $0[name] }) { return known }
        let made = try make(name)
        // OpenSSL uses random salts, so the second caller must get the same file as the first one.
        return cache.withLock { cache in
            if let known = cache[name] { return known }
            cache[name] = made
            return made
        }
    }

    /// `text` with its placeholders, which are all material, replaced.
    package func filled(_ text: String) throws -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            result += try self.text(String(rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// The same for a text that is JSON.
    package func filledJSON(_ text: String) throws -> String {
        try filled(text.replacing("\n", with: " ")).replacing("\n", with: "\\n")
    }

    private func make(_ name: String) throws -> String {
        if name == "2 MiB" { return String(repeating: "x", count: 2 << 20) }
        let words = name.split(separator: " ").map(String.init)
        if words.first == "pfx", words.count >= 3 {
            return try pkcs12(key: words[1], certificates: words[2], options: words.dropFirst(3).flatMap(Self.option))
        }
        let parts = name.split(separator: ".").map(String.init)
        switch parts.dropFirst().joined(separator: ".") {
        case "key", "crt": return String(decoding: try directory.read(name), as: UTF8.self)
        case "key.traditional":
            return String(decoding: try openssl(["pkey", "-traditional", "-in", "\(parts[0]).key"]), as: UTF8.self)
        case "pub":
            return String(decoding: try openssl(["pkey", "-pubout", "-in", "\(parts[0]).key"]), as: UTF8.self)
        case "cer":
            return try text("\(parts[0]).crt").split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        case "n":
            let output = String(decoding: try openssl(["rsa", "-noout", "-modulus", "-in", "rsa.key"]), as: UTF8.self)
            return Self.base64URL(Self.bytes(hex: output.split(separator: "=").last?.prefix { $0 != "\n" } ?? ""))
        case "x": return Self.base64URL(try point(parts[0]).first)
        case "y": return Self.base64URL(try point(parts[0]).last)
        default: throw MountCaseError(description: "there is no material called \(name)")
        }
    }

    // MARK: - OpenSSL

    private func openssl(_ arguments: [String]) throws -> [UInt8] {
        try run(["openssl"] + arguments, in: directory)
    }

    private func genpkey(_ name: String, _ algorithm: [String]) throws {
        _ = try openssl(["genpkey", "-algorithm"] + algorithm + ["-out", "\(name).key"])
    }

    private func certificate(_ name: String, _ extensions: String, issuer: String?) throws {
        _ = try openssl(["req", "-new", "-key", "\(name).key", "-subj", "/CN=\(name)", "-out", "\(name).csr"])
        let signing =
            issuer.map { ["-CA", "\($0).crt", "-CAkey", "\($0).key", "-CAcreateserial"] }
            ?? ["-signkey", "\(name).key"]
        _ = try openssl(
            ["x509", "-req", "-in", "\(name).csr", "-days", "2", "-extfile", extensions] + signing
                + ["-out", "\(name).crt"])
    }

    private func pkcs12(key: String, certificates: String, options: [String]) throws -> String {
        var command = ["pkcs12", "-export", "-passout", "pass:"] + options
        command += key == "-" ? ["-nokeys"] : ["-inkey", "\(key).key"]
        if certificates == "-" {
            command += ["-nocerts"]
        } else {
            let chain = try certificates.split(separator: ",").map { try text("\($0).crt") }.joined()
            let file = "\(UUID().uuidString).pem"
            try directory.write(chain.utf8, to: file)
            command += ["-in", file]
        }
        return Data(try openssl(command)).base64EncodedString()
    }

    /// `name=value`, or just a name, in the notation of the command line.
    private static func option(_ text: String) -> [String] {
        let parts = text.split(separator: "=").map(String.init)
        return ["-\(parts[0])"] + parts.dropFirst()
    }

    /// An EC key's two coordinates.
    private func point(_ name: String) throws -> (first: [UInt8], last: [UInt8]) {
        let der = try openssl(["pkey", "-pubout", "-outform", "DER", "-in", "\(name).key"])
        let half = ["p384": 48, "p521": 66][name] ?? 32
        return (Array(der.suffix(2 * half).prefix(half)), Array(der.suffix(half)))
    }

    private static func bytes(hex: some StringProtocol) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
