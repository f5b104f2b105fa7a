internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#endif

/// Which certificate authorities are trusted, by the conventions of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`; without them the system's own.
package struct TrustRoots: Sendable, Equatable {
    private var files: [String]
    private var directories: [String]

    package init(environment: [String: String] = [:]) {
        files = [environment["SSL_CERT_FILE"] ?? ""].filter { !$0.isEmpty }
        directories = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
    }

    /// Changes whenever one of the files does.
    func fingerprint() -> [Int] {
        guard !files.isEmpty || !directories.isEmpty else { return [] }
        return (files + directories.flatMap(Self.entries)).flatMap { path -> [Int] in
            var information = stat()
            guard stat(path, &information) == 0 else { return [-1] }
            return [
                Int(information.st_ino), Int(information.st_size), information.st_mtim.tv_sec,
                information.st_mtim.tv_nsec,
            ]
        }
    }

    /// The roots as the TLS library wants them. A file in a directory that holds no certificate is
    /// passed over, as OpenSSL does; a named file must be readable.
    func load() throws -> NIOSSLTrustRoots {
        guard !files.isEmpty || !directories.isEmpty else { return .default }
        var certificates: [NIOSSLCertificate] = []
        for file in files { certificates += try NIOSSLCertificate.fromPEMFile(file) }
        for entry in directories.flatMap(Self.entries) {
            certificates += (try? NIOSSLCertificate.fromPEMFile(entry)) ?? []
        }
        return .certificates(certificates)
    }

    private static func entries(of directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var paths: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { paths.append("\(directory)/\(name)") }
        }
        return paths.sorted()
    }
}
