import SecretMemory
import TestSupport

/// Keys and certificates that OpenSSL creates for this run, so that our readers are tested with the files of another
/// writer.
struct TestKeys: Sendable {
    enum Key: String, CaseIterable, Sendable {
        case rsa
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"

        /// The arguments of `openssl genpkey`.
        var options: [String] {
            switch self {
            case .rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .p256, .p384, .p521: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(rawValue)"]
            }
        }
    }

    /// Private keys in PEM.
    private(set) var keys: [Key: [UInt8]] = [:]
    /// A leaf certificate for each key, in PEM.
    private(set) var leaves: [Key: [UInt8]] = [:]
    private(set) var intermediate: [UInt8] = []
    private(set) var root: [UInt8] = []

    /// Created once, because the generation of an RSA key is slow.
    static let shared = Result { try TestKeys() }

    private init() throws {
        let directory = try TemporaryDirectory()
        for key in Key.allCases {
            try run(["openssl", "genpkey"] + key.options + ["-out", "\(key).key"], in: directory)
            keys[key] = try directory.read("\(key).key")
        }
        let authority = "basicConstraints=critical,CA:TRUE\n"
        let identifiers = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        try directory.write((authority + identifiers).utf8, to: "ca.ext")
        try directory.write(identifiers.utf8, to: "leaf.ext")
        for name in ["root", "intermediate"] {
            try run(["openssl", "genpkey"] + Key.p256.options + ["-out", "\(name).key"], in: directory)
        }
        func certificate(_ name: String, _ extensions: String, signedBy options: [String]) throws -> [UInt8] {
            try run(
                ["openssl", "req", "-new", "-key", "\(name).key", "-subj", "/CN=\(name)", "-out", "\(name).csr"],
                in: directory)
            try run(
                ["openssl", "x509", "-req", "-in", "\(name).csr", "-days", "2", "-extfile", extensions] + options
                    + ["-out", "\(name).pem"],
                in: directory)
            return try directory.read("\(name).pem")
        }
        func issuer(_ name: String) -> [String] { ["-CA", "\(name).pem", "-CAkey", "\(name).key", "-CAcreateserial"] }
        root = try certificate("root", "ca.ext", signedBy: ["-signkey", "root.key"])
        intermediate = try certificate("intermediate", "ca.ext", signedBy: issuer("root"))
        for key in Key.allCases {
            leaves[key] = try certificate("\(key)", "leaf.ext", signedBy: issuer("intermediate"))
        }
    }

    /// Writes a PKCS#12 file with `openssl pkcs12 -export`, without a password unless `password` is set.
    func pkcs12(
        key: Key?, certificates: [[UInt8]], options: [String] = [], password: String = ""
    ) throws -> SecretBytes {
        let directory = try TemporaryDirectory()
        var command = ["openssl", "pkcs12", "-export", "-passout", "pass:\(password)", "-out", "file.p12"] + options
        if let key, let pem = keys[key] {
            try directory.write(pem, to: "key.pem")
            command += ["-inkey", "key.pem"]
        } else {
            command += ["-nokeys"]
        }
        if certificates.isEmpty {
            command += ["-nocerts"]
        } else {
            try directory.write(certificates.joined(), to: "certificates.pem")
            command += ["-in", "certificates.pem"]
        }
        try run(command, in: directory)
        return SecretBytes(try directory.read("file.p12"))
    }

    /// The output of `openssl` for `command` with `input` as its file `in.pem`.
    static func openssl(_ command: [String], input: [UInt8]) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        try directory.write(input, to: "in.pem")
        return try run(["openssl"] + command, in: directory)
    }

    /// The key as PKCS#8 in the form that Go writes too.
    func canonical(_ key: Key) throws -> [UInt8] {
        try Self.openssl(
            ["pkcs8", "-topk8", "-nocrypt", "-in", "in.pem", "-outform", "DER"], input: keys[key] ?? [])
    }

    static func der(_ certificate: [UInt8]) throws -> [UInt8] {
        try openssl(["x509", "-in", "in.pem", "-outform", "DER"], input: certificate)
    }
}
